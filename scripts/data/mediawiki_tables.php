<?php
/**
 * Writes what MediaWiki's own language files say about wikitext as tables
 * (namespaces, linktrails, switches, magicwords, numbers, variants, fallbacks; each .tsv) in OUTDIR
 * (cstool/wikitext/data; fallbacks.tsv belongs in cstool/languages/data):
 *
 *     apt-get install mediawiki php-cli php-sqlite3 php-mbstring php-intl
 *     MW_CONFIG_FILE=…/LocalSettings.php php scripts/data/mediawiki_tables.php OUTDIR
 *
 * MediaWiki resolves the fallback chains itself; nothing here knows a language.
 * What a language has beyond English is a row of that language, what English
 * has is a row of `*`. MW_INSTALL_PATH: MediaWiki, if not Debian's.
 *
 * Debian's MediaWiki is older than some Wikipedias. The languages of `YOUNGER` were read from a copy
 * of it, to which their lines in Names.php and their files in languages/messages had been added.
 */

use MediaWiki\Languages\Data\Names;
use MediaWiki\MediaWikiServices;
use MediaWiki\Settings\SettingsBuilder;

require_once ( getenv( 'MW_INSTALL_PATH' ) ?: '/usr/share/mediawiki' ) . '/maintenance/Maintenance.php';

class MediaWikiTables extends Maintenance {

	/** Languages of Wikipedias of 2025 and 2026, with their variants. */
	private const YOUNGER = [ 'bol', 'isv', 'isv-cyrl', 'isv-latn', 'kai', 'kaj', 'mag', 'ppl' ];

	/** Extensions of Wikipedia whose namespaces and words MediaWiki's package carries. */
	private const EXTENSION_FILES = [
		'Scribunto/Scribunto.namespaces.php',
		'Scribunto/Scribunto.magic.php',
		'Gadgets/Gadgets.namespaces.php',
		'ParserFunctions/ParserFunctions.i18n.magic.php',
		'CategoryTree/CategoryTree.i18n.magic.php',
	];

	/** Their namespaces' canonical names (these extensions keep them in code). */
	private const EXTENSION_NAMESPACES = [
		828 => 'Module', 829 => 'Module_talk',
		2300 => 'Gadget', 2301 => 'Gadget_talk',
		2302 => 'Gadget_definition', 2303 => 'Gadget_definition_talk',
	];

	/** Behaviour switches of extensions that are not in the package; a switch shows nothing. */
	private const EXTENSION_SWITCHES = [
		'__DISAMBIG__', '__EXPECTED_UNCONNECTED_PAGE__', '__ARCHIVEDTALK__', '__NOTALK__',
		'__NOGLOBAL__', '__EXPECTWITHOUTSCANS__', '__EXPECTUNUSEDTEMPLATE__',
	];

	/** Magic words to write beside those of variables and functions: options, modifiers, redirects. */
	private const MAGIC_WORDS = [
		'default', 'rawsuffix', 'nocommafysuffix', 'url_path', 'url_query', 'url_wiki',
		'subst', 'safesubst', 'msg', 'msgnw', 'raw', 'redirect',
		'img_thumbnail', 'img_manualthumb', 'img_framed', 'img_left', 'img_right', 'img_center', 'img_none',
	];

	/** Parser functions that are no variables (CoreParserFunctions::register); of the latter, names have a #. */
	private const FUNCTIONS = [
		'ns', 'nse', 'urlencode', 'lcfirst', 'ucfirst', 'lc', 'uc', 'localurl', 'localurle',
		'fullurl', 'fullurle', 'canonicalurl', 'canonicalurle', 'formatnum', 'grammar', 'gender',
		'plural', 'bidi', 'numberingroup', 'language', 'padleft', 'padright', 'anchorencode',
		'defaultsort', 'filepath', 'pagesincategory', 'pagesize', 'protectionlevel',
		'protectionexpiry', 'int', 'displaytitle', 'pagesinnamespace',
	];
	private const HASHED_FUNCTIONS = [ 'special', 'speciale', 'tag', 'formatdate' ];

	/** Functions of the package's extensions, whose names begin with #; not those of strings. */
	private const EXTENSION_FUNCTIONS = [
		'expr', 'if', 'ifeq', 'ifexpr', 'iferror', 'switch', 'ifexist', 'time', 'timel', 'rel2abs',
		'titleparts', 'invoke', 'categorytree',
	];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Write tables of wikitext\'s localised words' );
		$this->addArg( 'outdir', 'folder to write in' );
	}

	public function getDbType() {
		return self::DB_NONE;
	}

	public function finalSetup( SettingsBuilder $settingsBuilder = null ) {
		parent::finalSetup( $settingsBuilder );
		// From the source files only, with nothing of this installation.
		$GLOBALS['wgLocalisationCacheConf']['storeClass'] = LCStoreNull::class;
		$GLOBALS['wgLanguageCode'] = 'en';
		$GLOBALS['wgMetaNamespace'] = $GLOBALS['wgSitename'] = 'Wikipedia';
		$GLOBALS['wgMetaNamespaceTalk'] = false;
		$GLOBALS['wgUseDatabaseMessages'] = false;
		$GLOBALS['wgLanguageConverterCacheType'] = CACHE_NONE;
		$GLOBALS['wgExtraNamespaces'] = $GLOBALS['wgNamespaceAliases'] = [];
		foreach ( self::EXTENSION_FILES as $file ) {
			if ( is_file( MW_INSTALL_PATH . "/extensions/$file" ) ) {
				$GLOBALS['wgExtensionMessagesFiles']["tables-$file"] = MW_INSTALL_PATH . "/extensions/$file";
			}
		}
		$GLOBALS['wgHooks']['CanonicalNamespaces'][] = static function ( &$names ) {
			$names += self::EXTENSION_NAMESPACES;
		};
	}

	public function execute() {
		$services = MediaWikiServices::getInstance();
		$factory = $services->getLanguageFactory();
		$cache = $services->getLocalisationCache();
		$switchIds = $services->getMagicWordFactory()->getDoubleUnderscoreArray()->getNames();
		$hashedIds = array_merge( self::HASHED_FUNCTIONS, self::EXTENSION_FUNCTIONS );
		$wordIds = array_merge( self::MAGIC_WORDS, self::FUNCTIONS, $hashedIds,
			$services->getMagicWordFactory()->getVariableIDs() );

		$namespaces = $trails = $switches = $words = $numbers = $variants = $fallbacks = [];
		// English first: a row that English has is not repeated.
		foreach ( array_merge( [ 'en' ], array_diff( array_keys( Names::$names ), [ 'en' ] ) ) as $code ) {
			$language = $factory->getLanguage( $code );
			$key = $language->getCode(); // e.g. zh-yue is the old name of yue
			$row = $code === 'en' ? '*' : $code;

			$names = $language->getNamespaces();
			foreach ( $names as $number => $name ) {
				$namespaces[$row][] = [ $number, $name ];
			}
			foreach ( $language->getNamespaceAliases() as $name => $number ) {
				$namespaces[$row][] = [ $number, $name ];
			}
			if ( $row === '*' ) {
				$namespaces[$row][] = [ NS_PROJECT, 'Project' ];
				$namespaces[$row][] = [ NS_PROJECT_TALK, 'Project_talk' ];
			}

			$trails[$row] = [
				self::trail( $language->linkTrail() ),
				$language->linkPrefixExtension()
					? '[' . self::python( $language->linkPrefixCharset() ) . ']' : '',
			];

			$numbers[$row] = self::separators( $language );

			$converter = $services->getLanguageConverterFactory()->getLanguageConverter( $language );
			if ( $converter->hasVariants() ) {
				// What is shown where no variant is asked for: the language's, else its fallbacks'.
				$shown = array_unique( [ $code, ...(array)$converter->getVariantFallbacks( $code ) ] );
				$others = array_diff( $converter->getVariants(), $shown );
				$variants[$row][] = [ implode( ' ', $shown ), implode( ' ', $others ) ];
			}

			$others = array_diff( $services->getLanguageFallback()->getAll( $code ), [ 'en' ] );
			if ( $others ) {
				$fallbacks[$row][] = [ implode( ' ', $others ) ];
			}

			foreach ( $cache->getItem( $key, 'magicWords' ) as $id => $synonyms ) {
				$case = (int)array_shift( $synonyms );
				foreach ( $synonyms as $word ) {
					if ( str_contains( $word, "\n" ) ) {
						continue; // a slip in the Sanskrit file: it can match nothing
					}
					if ( in_array( $id, $switchIds, true ) ) {
						$switches[$row][] = [ $word ];
					} elseif ( in_array( (string)$id, $wordIds, true ) ) {
						// As Parser::setFunctionHook: functions are known without their colon, most of them with #.
						$word = strlen( $word ) > 1 ? preg_replace( '/:$/D', '', $word ) : $word;
						$words[$row][] = [ $id, in_array( $id, $hashedIds, true ) ? "#$word" : $word, $case ];
					}
				}
			}
			if ( $code !== 'en' ) {
				$cache->unload( $key );
			}
		}
		foreach ( self::EXTENSION_SWITCHES as $word ) {
			$switches['*'][] = [ $word ];
		}

		// Words of extensions that are not in the package, and of younger MediaWiki.
		foreach ( array_slice( file( __DIR__ . '/further_magicwords.tsv', FILE_IGNORE_NEW_LINES ), 2 ) as $line ) {
			[ $row, $id, $word, $case ] = explode( "\t", $line );
			$words[$row][] = [ $id, $word, (int)$case ];
		}

		foreach ( $namespaces as &$rows ) {
			foreach ( $rows as &$fields ) {
				$fields[1] = trim( strtr( $fields[1], '_', ' ' ) );
			}
			unset( $fields );
			$rows = array_filter( $rows, static fn ( $fields ) => $fields[0] != NS_MAIN && $fields[1] !== '' );
		}
		unset( $rows );
		$trails = array_filter( $trails,
			static fn ( $trail, $row ) => $row === '*' || $trail !== $trails['*'], ARRAY_FILTER_USE_BOTH );

		// English numbers are repeated for a variety (ban-bali) of a language (ban) that has others.
		$numbers = array_filter( $numbers, static fn ( $fields, $row ) => $row === '*'
			|| $fields !== $numbers['*'] || ( $numbers[strtok( $row, '-' )] ?? $fields ) !== $fields,
			ARRAY_FILTER_USE_BOTH );

		$files = 'language files, made by scripts/data/mediawiki_tables.php';
		$this->write( 'namespaces', [ 'language', 'namespace', 'name' ], self::beyondEnglish( $namespaces ),
			"$files; the site's own namespace is written as Wikipedia" );
		$this->write( 'linktrails', [ 'language', 'trail', 'prefix' ],
			array_map( static fn ( $trail ) => [ $trail ], $trails ),
			"$files; Python re syntax: trail matches the whole trail (empty: none), prefix is one letter" );
		$this->write( 'switches', [ 'language', 'name' ], self::beyondEnglish( $switches ),
			"$files; with switches of extensions, in English" );
		$this->write( 'magicwords', [ 'language', 'id', 'word', 'case_sensitive' ], self::beyondEnglish( $words ),
			"$files and extensions; words as in them less the final colon, with the # of functions, \$1: any text" );
		$this->write( 'numbers', [ 'language', 'group', 'decimal', 'minimum' ],
			array_map( static fn ( $fields ) => [ $fields ], $numbers ),
			'Language::formatNum; numbers of four digits are grouped where minimum is 4;'
				. ' no separators: other digits or groups' );
		$this->write( 'variants', [ 'language', 'shown', 'others' ], $variants,
			"language converters; a language's variants, those that are shown in their order" );
		$this->write( 'fallbacks', [ 'language', 'fallbacks' ], $fallbacks,
			"$files; the languages whose words stand in for missing ones, nearest first, less English" );
	}

	/** The separators of formatNum and the group's first place; empty if it does more than to set them. */
	private static function separators( Language $language ): array {
		$format = static fn ( $number ) => $language->formatNum( (string)$number );
		$decimal = mb_substr( $format( '0.5' ), 1, 1 );
		$group = preg_match( '/^1(.+)234\g{1}567$/Du', $format( '1234567' ), $m ) ? $m[1] : null;
		$minimum = $format( '1234' ) === '1234' ? 5 : 4;
		$thousand = $minimum === 5 ? '1234' : "1{$group}234";
		$expected = [
			'1234' => $thousand, '12345' => "12{$group}345", '1234.5' => "{$thousand}{$decimal}5",
			'0' => '0', '0.00012' => "0{$decimal}00012", '007' => '007',
		];
		if ( $group === null || array_map( $format, array_keys( $expected ) ) !== array_values( $expected ) ) {
			return [ '', '', '' ];
		}
		// Spaces are written so that they are seen.
		return preg_replace_callback( '/\p{Z}/u',
			static fn ( $m ) => '&#' . mb_ord( $m[0], 'UTF-8' ) . ';', [ $group, $decimal, $minimum ] );
	}

	/** The group of a link trail's pattern, as Python's re reads it. */
	private static function trail( string $pattern ): string {
		if ( !preg_match( '~^/\^\((.*)\)\(\.\*\)\$/([sDu]+)$~sD', $pattern, $m )
			|| ( !str_contains( $m[2], 'u' ) && preg_match( '/[^\x20-\x7e]/', $pattern ) )
		) {
			throw new UnexpectedValueException( "Unknown form of link trail: $pattern" );
		}
		return self::python( $m[1] );
	}

	/** PCRE (with /u) to Python's re; marks and invisible characters are escaped. */
	private static function python( string $pattern ): string {
		$escape = static fn ( $point ) => sprintf( $point > 0xFFFF ? '\U%08x' : '\u%04x', $point );
		$pattern = preg_replace_callback( '/\\\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))|\\\\(.)/su',
			static function ( $m ) use ( $escape, $pattern ) {
				if ( isset( $m[3] ) ) {
					if ( $m[3] !== "'" ) {
						throw new UnexpectedValueException( "Unknown escape \\{$m[3]} in $pattern" );
					}
					return $m[3];
				}
				return $escape( hexdec( $m[1] ?: $m[2] ) );
			}, $pattern );
		return preg_replace_callback( '/[\p{M}\p{C}\p{Z}]/u',
			static fn ( $m ) => $escape( mb_ord( $m[0], 'UTF-8' ) ), $pattern );
	}

	/** Rows by language, without what English has. */
	private static function beyondEnglish( array $rows ): array {
		$english = array_fill_keys( array_map( self::line( ... ), $rows['*'] ), true );
		$beyond = static fn ( $fields ) => !isset( $english[self::line( $fields )] );
		return [ '*' => $rows['*'] ] + array_map( static fn ( $list ) => array_filter( $list, $beyond ), $rows );
	}

	/** Writes rows by language, sorted and without repetitions. */
	private function write( string $name, array $header, array $rows, string $source ): void {
		$lines = [];
		foreach ( $rows as $language => $list ) {
			foreach ( $list as $fields ) {
				$lines["$language\t" . self::line( $fields )] = true;
			}
		}
		$lines = array_keys( $lines );
		sort( $lines, SORT_STRING );
		$source = '# source: MediaWiki ' . MW_VERSION . "'s $source";
		$younger = array_intersect( self::YOUNGER, array_keys( Names::$names ), array_keys( $rows ) );
		if ( $younger ) {
			$source .= '; ' . implode( ', ', $younger ) . ': files of 2026';
		}
		$path = rtrim( $this->getArg( 0 ), '/' ) . "/$name.tsv";
		$text = implode( "\n", [ $source, implode( "\t", $header ), ...$lines ] ) . "\n";
		if ( file_put_contents( $path, $text ) === false ) {
			$this->fatalError( "Cannot write $path" );
		}
		$this->output( "$path: " . count( $lines ) . " rows\n" );
	}

	private static function line( array $fields ): string {
		if ( preg_match( '/[\t\n\r]/', implode( '', $fields ) ) ) {
			throw new UnexpectedValueException( 'A tab or line break in ' . json_encode( $fields ) );
		}
		return implode( "\t", $fields );
	}
}

$maintClass = MediaWikiTables::class;
require_once RUN_MAINTENANCE_IF_MAIN;
