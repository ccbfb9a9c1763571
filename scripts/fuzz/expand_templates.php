<?php
// Expands templates with MediaWiki. Standard input: a JSON object a line, with "title" and "text" of
// a page and "pages", the wikitext of further pages by title, which exist for this line only.
// Standard output: "text", the wikitext without templates, or "error", a line each.
//
// Usage: MW_CONFIG_FILE=DIR/LocalSettings.php php expand_templates.php < IN > OUT

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\MutableRevisionRecord;
use MediaWiki\Revision\SlotRecord;

require_once '/usr/share/mediawiki/maintenance/Maintenance.php';

class ExpandTemplates extends Maintenance {
	private const LARGEST = 50000000;
	private const MODULE = 828;

	public function execute() {
		while ( ( $line = fgets( STDIN ) ) !== false ) {
			$case = json_decode( $line, true );
			try {
				$answer = [ 'text' => $this->expanded( $case ) ];
			} catch ( Throwable $fault ) {
				$answer = [ 'error' => $fault->getMessage() ];
			}
			echo json_encode( $answer, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE ) . "\n";
		}
	}

	private function expanded( array $case ): string {
		$pages = [];
		foreach ( $case['pages'] as $name => $source ) {
			$title = Title::newFromText( $name );
			$pages[$title->getPrefixedDBkey()] = $source;
		}
		$options = ParserOptions::newFromAnon();
		$options->setMaxIncludeSize( self::LARGEST );
		$options->setCurrentRevisionRecordCallback( function ( $link, $parser = null ) use ( $pages ) {
			$title = Title::castFromLinkTarget( $link );
			$source = $pages[$title->getPrefixedDBkey()] ?? null;
			if ( $source === null ) {
				return Parser::statelessFetchRevisionRecord( $title, $parser ?: null );
			}
			$model = $title->getNamespace() === self::MODULE ? 'Scribunto' : 'wikitext';
			$content = ContentHandler::makeContent( $source, $title, $model );
			$revision = new MutableRevisionRecord( $title );
			$revision->setContent( SlotRecord::MAIN, $content );
			$revision->setId( 1 + crc32( $title->getPrefixedDBkey() ) % 1000000 );
			return $revision;
		} );
		$parser = MediaWikiServices::getInstance()->getParserFactory()->create();
		return $parser->preprocess( $case['text'], Title::newFromText( $case['title'] ), $options );
	}
}

$maintClass = ExpandTemplates::class;
require_once RUN_MAINTENANCE_IF_MAIN;
