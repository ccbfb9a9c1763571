/* The state of _fast_path.c's reader, and what it reads in running text: characters, apostrophes,
   references, tags and holes. Included by _fast_path.c only. */

#ifndef CSTOOL_FAST_PATH_TEXT_H
#define CSTOOL_FAST_PATH_TEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Classes of characters, set by fast_path.py: bits in the bytes of a table. */
enum { SPECIAL = 1, TRAIL = 2, PREFIX = 4, ODD = 8, INVOLVED = 16 };
enum { CHARACTERS = 0x10000, OTHERS = CHARACTERS, KINDS = CHARACTERS + 1 };

/* The marks of markers.py. */
enum { HOLE = 0x04, HOLE_END = 0x05, NOTHING = 0x06, CONTINUES = 0x08, OBJECT = 0xFFFC, NBSP = 0xA0, WIDE_LOW_LINE = 0xFF3F, LONG_S = 0x17F };

enum { LONGEST_REFERENCE = 42, LONGEST_TAG = 14, LONGEST_TITLE = 255 / 4, TARGETS_KEPT = 1 << 16 };

/* The outcome of a step: a Python exception, a line that is not plain, or success. */
typedef enum { FAULT = -1, NOT_PLAIN = 0, OK = 1 } Outcome;

/* Properties of a wiki, passed by fast_path.py. */
typedef struct {
    const unsigned char *kinds; /* class of each character */
    PyObject *make_entry;       /* raw target -> (makes a mention, title, own anchor), or None */
    PyObject *entries;          /* cache of make_entry, by raw target */
    PyObject *make_decoded;     /* reference -> its text, or None if that is not plain */
    PyObject *decoded;          /* cache of make_decoded */
    PyObject *tags, *breaks;    /* names of inline tags, and of those that end a line */
    PyTypeObject *line;         /* the named tuple TextLine */
    PyObject *normalize;        /* unicodedata.normalize */
    PyObject *make_capital;     /* letter -> the letter that begins a title instead */
    PyObject *capitals;         /* cache of make_capital */
} Wiki;

/* State of the reader: `in[at:end]` is the rest of the page, `out` the line's text so far. */
typedef struct {
    const Wiki *wiki;
    const Py_UCS4 *in;
    Py_ssize_t at, end;
    Py_ssize_t floor;        /* earliest start of a link's prefix */
    Py_UCS4 *out;
    Py_ssize_t length;
    Py_ssize_t stop;         /* length at the first tag that ends the line, -1 without one */
    PyObject *title, *holes, *mentions, *names;
} Page;

/* Numbers of italics and bold marks. */
typedef struct { int italic, bold; } Styles;

static inline unsigned char kind_of(const Page *page, Py_UCS4 c)
{
    return page->wiki->kinds[c < CHARACTERS ? c : OTHERS];
}

static inline Py_UCS4 peek(const Page *page, Py_ssize_t i)
{
    return i < page->end ? page->in[i] : '\n';
}

static inline int is_white(Py_UCS4 c)
{
    return c == ' ' || c == '\n';
}

/* White space is collapsed, and dropped at the start of the line. */
static inline void put(Page *page, Py_UCS4 c)
{
    if (c == ' ' || c == '\t' || c == NBSP) {
        if (page->length == 0 || is_white(page->out[page->length - 1]))
            return;
        c = ' ';
    }
    page->out[page->length++] = c;
}

/* A line break in a paragraph is white space, but is kept as '\n' in the line's text. */
static inline void put_line_end(Page *page)
{
    if (page->length && is_white(page->out[page->length - 1]))
        page->length--;
    if (page->length)
        page->out[page->length++] = '\n';
}

static PyObject *string(const Py_UCS4 *text, Py_ssize_t length)
{
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text, length);
}

/* Return a new reference to a dictionary's item, or NULL; other threads may clear the dictionary. */
static PyObject *item(PyObject *entries, PyObject *key)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *entry;
    PyDict_GetItemRef(entries, key, &entry);
    return entry;
#else
    return Py_XNewRef(PyDict_GetItemWithError(entries, key));
#endif
}

/* Return the result of `make` for a piece of the source, cached in `entries`. */
static PyObject *kept(PyObject *entries, PyObject *make, const Py_UCS4 *text, Py_ssize_t length)
{
    PyObject *key = string(text, length);
    if (key == NULL)
        return NULL;
    PyObject *entry = item(entries, key);
    if (entry == NULL && !PyErr_Occurred()) {
        entry = PyObject_CallOneArg(make, key);
        if (PyDict_GET_SIZE(entries) >= TARGETS_KEPT)
            PyDict_Clear(entries);
        if (entry != NULL && PyDict_SetItem(entries, key, entry) < 0)
            Py_CLEAR(entry);
    }
    Py_DECREF(key);
    return entry;
}

/* Return an object that a function of the wiki has returned if it is a string; else release it, and
   return NULL with an exception. */
static PyObject *as_string(PyObject *text)
{
    if (text == NULL || PyUnicode_Check(text))
        return text;
    Py_DECREF(text);
    return PyErr_Format(PyExc_TypeError, "a function of the wiki returned no string");
}

/* Append text made from `most` characters of the source; it must not be longer than they are. */
static Outcome put_string(Page *page, PyObject *text, Py_ssize_t most)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (length > most)
        return NOT_PLAIN;
    for (Py_ssize_t i = 0; i < length; i++)
        put(page, PyUnicode_READ_CHAR(text, i));
    return OK;
}

/* Apostrophes. Runs of four, or of more than five, are not plain: some are text. */
static Outcome read_quotes(Page *page, Styles *styles)
{
    Py_ssize_t start = page->at;
    while (peek(page, page->at) == '\'')
        page->at++;
    switch (page->at - start) {
    case 1: put(page, '\''); return OK;
    case 2: styles->italic++; return OK;
    case 3: styles->bold++; return OK;
    case 5: styles->italic++; styles->bold++; return OK;
    default: return NOT_PLAIN;
    }
}

/* A character reference, or a plain ampersand. */
static Outcome read_reference(Page *page)
{
    Py_ssize_t start = page->at, i = start + 1;
    Py_UCS4 c;
    while (c = peek(page, i), c != ';' && i - start < LONGEST_REFERENCE &&
           (c >= 0x80 || c == '#' || Py_UNICODE_ISALNUM(c)))
        i++;
    page->at++;
    if (c != ';') {
        put(page, '&');
        return i - start < LONGEST_REFERENCE ? OK : NOT_PLAIN;
    }
    const Wiki *wiki = page->wiki;
    Py_ssize_t length = i + 1 - start;
    PyObject *shown = kept(wiki->decoded, wiki->make_decoded, page->in + start, length);
    if (shown != Py_None)
        shown = as_string(shown);
    if (shown == NULL)
        return FAULT;
    page->at = page->floor = i + 1;
    Outcome outcome = shown == Py_None ? NOT_PLAIN : put_string(page, shown, length);
    Py_DECREF(shown);
    return outcome;
}

/* An inline tag, which is not displayed, or, in a line, one that ends it. */
static Outcome read_tag(Page *page, int in_line)
{
    char name[LONGEST_TAG];
    int length = 0;
    Py_ssize_t i = page->at + 1;
    if (peek(page, i) == '/')
        i++;
    Py_UCS4 c;
    while (c = peek(page, i), c < 0x80 && Py_ISALNUM(c) && length < LONGEST_TAG) {
        name[length++] = (char)Py_TOLOWER(c);
        i++;
    }
    if (length == 0 || (c != ' ' && c != '/' && c != '>'))
        return NOT_PLAIN;
    while (c = peek(page, i), c != '>') {
        if (c == '<' || c == '\n' || c == '[' || c == ']')
            return NOT_PLAIN;
        i++;
    }
    PyObject *key = PyUnicode_FromStringAndSize(name, length);
    int known = key == NULL ? -1 : PySet_Contains(page->wiki->tags, key);
    if (known == 0 && in_line) {
        known = PySet_Contains(page->wiki->breaks, key);
        if (known > 0 && page->length && page->stop < 0)
            page->stop = page->length;
    }
    Py_XDECREF(key);
    if (known <= 0)
        return (Outcome)known;
    page->at = page->floor = i + 1;
    return OK;
}

/* The mark of a hole, with its number. */
static Outcome read_hole(Page *page)
{
    Py_ssize_t number = 0, i = page->at + 1;
    for (; peek(page, i) >= '0' && peek(page, i) <= '9' && number < PY_SSIZE_T_MAX / 16; i++)
        number = number * 10 + (peek(page, i) - '0');
    if (peek(page, i) != HOLE_END || number >= PyList_GET_SIZE(page->holes))
        return NOT_PLAIN;
    if (PyList_Append(page->names, PyList_GET_ITEM(page->holes, number)) < 0)
        return FAULT;
    put(page, OBJECT);
    page->at = page->floor = i + 1;
    return OK;
}

/* A low line; two low lines may begin a behaviour switch. */
static Outcome read_low_line(Page *page)
{
    Py_UCS4 c = page->in[page->at++];
    if (c != '_' || peek(page, page->at) == '_')
        return NOT_PLAIN;
    put(page, c);
    return OK;
}

/* Markup that is plain in running text and in anchors. */
static Outcome read_special(Page *page, Styles *styles)
{
    switch (page->in[page->at]) {
    case '\t': case NBSP: put(page, ' '); page->at++; return OK;
    case '\'': return read_quotes(page, styles);
    case '&': return read_reference(page);
    case '_': case WIDE_LOW_LINE: return read_low_line(page);
    case HOLE: return read_hole(page);
    default: return NOT_PLAIN;
    }
}

#endif
