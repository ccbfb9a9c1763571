/* Scan JSON without white space, in lines that end with a newline. No function reads past the
   newline, since JSON does not contain one, except within the bytes before `end`. A function that
   returns NULL (or -1) leaves the line to the decoder in Python: it may be valid or not. What is
   accepted here is accepted there (tests/dumps/test_item_columns.py). */

#ifndef CSTOOL_ITEM_COLUMNS_JSON_H
#define CSTOOL_ITEM_COLUMNS_JSON_H

#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define VECTORS 1
#endif

typedef const unsigned char *At;

/* The position in a line: `at` the next byte; `key` the name of a member, without its quotes. */
typedef struct { At at, end, key; size_t key_length; } Scan;

/* Lists and objects within each other; the bits of an integer. */
#define DEEPEST 64

#ifdef VECTORS
/* Return 16 bits: which of 16 bytes are quotes, backslashes or control characters. */
static inline unsigned special(__m128i bytes)
{
    __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), controls));
}
#endif

/* Return the first quote, backslash or control character. */
static inline At plain_end(At at, At end)
{
#ifdef VECTORS
    for (; end - at >= 16; at += 16) {
        unsigned found = special(_mm_loadu_si128((const __m128i *)at));
        if (found)
            return at + __builtin_ctz(found);
    }
#endif
    while (*at != '"' && *at != '\\' && *at >= ' ')
        at++;
    return at;
}

/* Values of hexadecimal digits, -1 for other bytes: a branch would often be mispredicted. */
static const signed char HEX[256] = {
#define NONE -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
#define LETTERS -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1
    NONE, NONE, NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1, LETTERS, NONE, LETTERS,
    NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
#undef NONE
#undef LETTERS
};

/* Return the code unit of the reference \uXXXX at `at`, -1 if it is none. */
static inline int code_unit(At at, At end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    int a = HEX[at[2]], b = HEX[at[3]], c = HEX[at[4]], d = HEX[at[5]];
    return (a | b | c | d) < 0 ? -1 : a << 12 | b << 8 | c << 4 | d;
}

/* Read the escape at `at`, a backslash; return what follows it, with its code point. */
static inline At read_escape(At at, At end, long *point)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (at[1] != 'u') {
        const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
        *point = letter ? meanings[letter - letters] : 0;
        return letter ? at + 2 : NULL;
    }
    long unit = code_unit(at, end);
    *point = unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit < 0 ? NULL : at + 6;
    long low = code_unit(at + 6, end);
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return NULL; /* half of a surrogate pair */
    *point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return at + 12;
}

/* Skip a string; `at` is behind its first quote. Like msgspec, it does not check UTF-8 here. */
static inline At skip_string(At at, At end)
{
    long point;
    while ((at = plain_end(at, end)), *at == '\\')
        if ((at = read_escape(at, end, &point)) == NULL)
            return NULL;
    return *at == '"' ? at + 1 : NULL;
}

static inline At skip_digits(At at)
{
    if (*at < '0' || *at > '9')
        return NULL;
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

static inline At skip_number(At at)
{
    at += *at == '-';
    at = *at == '0' ? at + 1 : skip_digits(at);
    if (at && *at == '.')
        at = skip_digits(at + 1);
    if (at && (*at == 'e' || *at == 'E'))
        at = skip_digits(at + 1 + (at[1] == '+' || at[1] == '-'));
    return at;
}

static inline At skip_word(At at, At end, const char *word, size_t length)
{
    return (size_t)(end - at) >= length && !memcmp(at, word, length) ? at + length : NULL;
}

static inline At skip_scalar(At at, At end)
{
    switch (*at) {
    case '"': return skip_string(at + 1, end);
    case 't': return skip_word(at, end, "true", 4);
    case 'f': return skip_word(at, end, "false", 5);
    case 'n': return skip_word(at, end, "null", 4);
    default: return skip_number(at);
    }
}

/* Skip the name of a member and its colon. */
static inline At skip_name(At at, At end)
{
    if (*at != '"' || (at = skip_string(at + 1, end)) == NULL)
        return NULL;
    return *at == ':' ? at + 1 : NULL;
}

/* Skip a value of any type. */
static At skip_value(At at, At end)
{
    unsigned long long objects = 0; /* the lowest bit: whether the innermost value is an object */
    int depth = 0;
    for (;;) {
        if (*at == '{' || *at == '[') {
            int object = *at++ == '{';
            if (*at != (object ? '}' : ']')) {
                if (++depth > DEEPEST)
                    return NULL;
                objects = objects << 1 | object;
                if (object && (at = skip_name(at, end)) == NULL)
                    return NULL;
                continue;
            }
            at++;
        } else if ((at = skip_scalar(at, end)) == NULL) {
            return NULL;
        }
        for (; depth && *at != ','; depth--, objects >>= 1)
            if (*at++ != (objects & 1 ? '}' : ']'))
                return NULL;
        if (!depth)
            return at;
        at++;
        if (objects & 1 && (at = skip_name(at, end)) == NULL)
            return NULL;
    }
}

/* Go to the value of the next member of an object, with its name in `key`; `first`: to that of its
   first one. Return 1, 0 behind the object, -1 for what is left to Python: also escapes in names. */
static inline int next_member(Scan *scan, int first)
{
    At at = scan->at;
    if (first && *at++ != '{')
        return -1;
    if (*at == '}') {
        scan->at = at + 1;
        return 0;
    }
    if ((!first && *at++ != ',') || *at++ != '"')
        return -1;
    At close = plain_end(at, scan->end);
    if (*close != '"' || close[1] != ':')
        return -1;
    scan->key = at;
    scan->key_length = close - at;
    scan->at = close + 2;
    return 1;
}

static inline int is_key(const Scan *scan, const char *name, size_t length)
{
    return scan->key_length == length && !memcmp(scan->key, name, length);
}

#define KEY_IS(scan, name) is_key(scan, name, sizeof name - 1)

static inline int skip_member(Scan *scan)
{
    At at = scan->at, end = scan->end;
    at = *at == '"' ? skip_string(at + 1, end) : skip_value(at, end);
    if (at)
        scan->at = at;
    return at != NULL;
}

static inline unsigned char *put_utf8(unsigned char *to, long point)
{
    if (point < 0x80) {
        *to++ = (unsigned char)point;
    } else if (point < 0x800) {
        *to++ = (unsigned char)(0xC0 | point >> 6);
        *to++ = 0x80 | (point & 0x3F);
    } else if (point < 0x10000) {
        *to++ = (unsigned char)(0xE0 | point >> 12);
        *to++ = 0x80 | (point >> 6 & 0x3F);
        *to++ = 0x80 | (point & 0x3F);
    } else {
        *to++ = (unsigned char)(0xF0 | point >> 18);
        *to++ = 0x80 | (point >> 12 & 0x3F);
        *to++ = 0x80 | (point >> 6 & 0x3F);
        *to++ = 0x80 | (point & 0x3F);
    }
    return to;
}

/* Return the bytes of the character of UTF-8 at `at`, which is not ASCII; 0 if it is not valid
   (RFC 3629, section 4). */
static inline int utf8_length(At at)
{
    unsigned char first = at[0], low = 0x80, high = 0xBF;
    int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    if (first == 0xE0 || first == 0xF0)
        low = first == 0xE0 ? 0xA0 : 0x90;
    if (first == 0xED || first == 0xF4)
        high = first == 0xED ? 0x9F : 0x8F;
    if (at[1] < low || at[1] > high)
        return 0;
    for (int i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* Decode a string to UTF-8; `at` is behind its first quote. `to` needs room for the bytes of the
   string and 16 more; it becomes the end of the text. */
static inline At decode_string(At at, At end, unsigned char **to)
{
    unsigned char *out = *to;
    for (;;) {
#ifdef VECTORS
        while (end - at >= 16) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)at);
            unsigned found = special(bytes) | _mm_movemask_epi8(bytes);
            _mm_storeu_si128((__m128i *)out, bytes);
            int plain = found ? __builtin_ctz(found) : 16;
            at += plain;
            out += plain;
            if (found)
                break;
        }
#endif
        while (*at >= ' ' && *at < 0x80 && *at != '"' && *at != '\\')
            *out++ = *at++;
        while (*at == '\\') {
            long point;
            if ((at = read_escape(at, end, &point)) == NULL)
                return NULL;
            out = put_utf8(out, point);
        }
        if (*at == '"') {
            *to = out;
            return at + 1;
        }
        while (*at >= 0x80) {
            int length = utf8_length(at);
            if (!length)
                return NULL;
            for (; length; length--)
                *out++ = *at++;
        }
        if (*at < ' ')
            return NULL;
    }
}

#endif
