<?php
/**
 * Writes what MediaWiki's language files say about dates, numbers and words as tables
 * (language_forms, dates, plurals, grammar, autonyms; each .tsv) in OUTDIR (cstool/wikitext/data):
 *
 *     MW_CONFIG_FILE=…/LocalSettings.php php scripts/data/mediawiki_language_tables.php OUTDIR
 *
 * See mediawiki_tables.php, also for MW_INSTALL_PATH. A language has the forms of the languages that
 * it falls back to; what is the same as in English is not repeated.
 */

use MediaWiki\Languages\Data\Names;
use MediaWiki\MediaWikiServices;
use MediaWiki\Settings\SettingsBuilder;

require_once ( getenv( 'MW_INSTALL_PATH' ) ?: '/usr/share/mediawiki' ) . '/maintenance/Maintenance.php';

class MediaWikiLanguageTables extends Maintenance {

	/** Names in dates: their number, and the method of Language, or the prefix of messages, that gives them. */
	private const NAMES = [
		'month' => [ 12, 'getMonthName' ], 'month_genitive' => [ 12, 'getMonthNameGen' ],
		'month_short' => [ 12, 'getMonthAbbreviation' ],
		'weekday' => [ 7, 'getWeekdayName' ], 'weekday_short' => [ 7, 'getWeekdayAbbreviation' ],
	];
	private const CALENDARS = [
		'iranian' => [ 'iranian-calendar-m', '' ], 'hijri' => [ 'hijri-calendar-m', '' ],
		'hebrew' => [ 'hebrew-calendar-m', '' ], 'hebrew_genitive' => [ 'hebrew-calendar-m', '-gen' ],
	];
	private const MONTHS = [ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 ];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Write tables of languages\' dates, numbers and plurals' );
		$this->addArg( 'outdir', 'folder to write in' );
	}

	public function getDbType() {
		return self::DB_NONE;
	}

	public function finalSetup( SettingsBuilder $settingsBuilder = null ) {
		parent::finalSetup( $settingsBuilder );
		$GLOBALS['wgLanguageCode'] = 'en';
		$GLOBALS['wgUseDatabaseMessages'] = false;
		$GLOBALS['wgLocalisationCacheConf']['store'] = 'array';
		$GLOBALS['wgLocalisationCacheConf']['storeDirectory'] = getenv( 'TMPDIR' ) ?: '/tmp';
		$GLOBALS['wgLanguageConverterCacheType'] = CACHE_NONE;
		// Only the forms of the language itself, with nothing of this installation.
		$GLOBALS['wgGrammarForms'] = [];
	}

	public function execute() {
		$services = MediaWikiServices::getInstance();
		$forms = $dates = $plurals = $autonyms = [];
		foreach ( array_merge( [ 'en' ], array_diff( array_keys( Names::$names ), [ 'en' ] ) ) as $code ) {
			$language = $services->getLanguageFactory()->getLanguage( $code );
			$row = $code === 'en' ? '*' : $code;
			$forms[$row][] = self::forms( $language );
			foreach ( self::names( $language ) as $kind => $names ) {
				$dates[$row][] = [ $kind, strtr( implode( '|', $names ), "\t", ' ' ) ];
			}
			$plurals[$row][] = [ implode( '; ', array_map(
				static fn ( $rule ) => trim( preg_replace( '/@.*/s', '', $rule ) ),
				$language->getPluralRules() ?: []
			) ) ];
			$autonyms[$code][] = [ Names::$names[$code] ];
			$services->getLocalisationCache()->unload( $language->getCode() );
		}
		$this->write( 'language_forms',
			[ 'language', 'group', 'decimal', 'minimum', 'sizes', 'digits', 'plain_digits', 'exponents', 'signs', 'direction' ],
			$forms, 'Language::formatNum and its tables: the separators, the digits of a whole number from'
				. ' which on it is grouped, sizes of groups from the right, digits in grouped and in other'
				. ' numbers, whether the exponent of an ungrouped number is kept, what parseFormattedNumber reads as . and , (in this order), direction' );
		$this->write( 'dates', [ 'language', 'kind', 'names' ], $dates,
			'messages of months and weekdays (from Sunday), separated by |' );
		$this->write( 'plurals', [ 'language', 'rules' ], $plurals,
			'plurals.xml (Unicode CLDR) and plurals-mediawiki.xml; rules of all forms but the last' );
		$this->write( 'grammar', [ 'language', 'case', 'pattern', 'replacement' ], self::grammar(),
			'grammarTransformations/; the first pattern that matches is replaced, in this order' );
		$this->write( 'autonyms', [ 'language', 'name' ], $autonyms, 'Names.php' );
	}

	/** The names in dates, by kind. */
	private static function names( Language $language ): array {
		$names = [];
		foreach ( self::NAMES as $kind => [ $count, $method ] ) {
			$names[$kind] = array_map( static fn ( $n ) => $language->$method( $n ), range( 1, $count ) );
		}
		foreach ( self::CALENDARS as $kind => [ $before, $after ] ) {
			$months = str_starts_with( $kind, 'hebrew' ) ? [ ...self::MONTHS, '6a', '6b' ] : self::MONTHS;
			$names[$kind] = array_map( static fn ( $month ) =>
				$language->getMessageFromDB( "$before$month$after" ), $months );
		}
		return $names;
	}

	/** A language's forms of numbers. */
	private static function forms( Language $language ): array {
		$format = static fn ( $number ) => $language->formatNum( $number );
		$digits = array_map( $format, [ '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ] );
		$plain = array_map( static fn ( $n ) => $language->formatNumNoSeparators( $n ),
			[ '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ] );
		$decimal = mb_substr( $format( '0.5' ), 1, 1 );
		$parts = preg_split( '/([^' . implode( $digits ) . ']+)/u', $format( '1234567890123' ), -1,
			PREG_SPLIT_DELIM_CAPTURE );
		$group = $parts[1] ?? '';
		$sizes = array_reverse( array_map( 'mb_strlen', array_filter( $parts,
			static fn ( $n ) => $n % 2 === 0, ARRAY_FILTER_USE_KEY ) ) );
		$minimum = 1;
		while ( $minimum < 13 && mb_strlen( $format( str_repeat( '1', $minimum ) ) ) === $minimum ) {
			$minimum++;
		}
		$table = array_filter( $language->separatorTransformTable() ?: [] );
		return array_map( self::visible( ... ), [
			$group, $decimal, (string)$minimum,
			count( $sizes ) > 1 ? ( $sizes[0] === $sizes[1] ? (string)$sizes[0] : "$sizes[0] $sizes[1]" ) : '',
			self::digits( $digits ), self::digits( $plain ), str_contains( $format( '1e0' ), 'e' ) ? 'kept' : '',
			( $table['.'] ?? '' ) . '|' . ( $table[','] ?? '' ),
			$language->getDir(),
		] );
	}

	/** Changes of words, by language; aliases of cases are resolved. */
	private static function grammar(): array {
		$rows = [];
		foreach ( glob( MW_INSTALL_PATH . '/languages/data/grammarTransformations/*.json' ) as $path ) {
			$cases = json_decode( file_get_contents( $path ), true );
			foreach ( $cases as $case => $rules ) {
				$rules = is_string( $rules ) ? $cases[$rules] : $rules;
				foreach ( $case === '@metadata' ? [] : $rules as $rule ) {
					if ( $rule[0] !== '@metadata' ) {
						$rows[basename( $path, '.json' )][] = [ $case, ...$rule ];
					}
				}
			}
		}
		return $rows;
	}

	private static function digits( array $digits ): string {
		return implode( $digits ) === '0123456789' ? '' : implode( $digits );
	}

	/** A text with its spaces and invisible characters as character references. */
	private static function visible( string $text ): string {
		return preg_replace_callback( '/[\p{Z}\p{C}](?!\d)|^\p{Z}$/u',
			static fn ( $m ) => '&#' . mb_ord( $m[0], 'UTF-8' ) . ';', $text );
	}

	/** Writes rows by language, sorted, without what English has. */
	private function write( string $name, array $header, array $rows, string $source ): void {
		$english = array_fill_keys( array_map( self::line( ... ), $rows['*'] ?? [] ), true );
		$lines = [];
		foreach ( $rows as $language => $list ) {
			// English is repeated for a variety (ban-bali) of a language (ban) that has other forms.
			$own = strtok( $language, '-' );
			$differs = isset( $rows['*'], $rows[$own] ) && $own !== $language && $rows[$own] !== $list;
			foreach ( $list as $fields ) {
				$line = self::line( $fields );
				if ( $language === '*' || $differs || !isset( $english[$line] ) ) {
					$lines[] = "$language\t$line";
				}
			}
		}
		if ( $name !== 'grammar' ) {
			sort( $lines, SORT_STRING );
		}
		$source = '# source: MediaWiki ' . MW_VERSION . "'s $source;"
			. ' made by scripts/data/mediawiki_language_tables.php';
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

$maintClass = MediaWikiLanguageTables::class;
require_once RUN_MAINTENANCE_IF_MAIN;
