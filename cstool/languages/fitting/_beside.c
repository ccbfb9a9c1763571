/* What is next to mentions: the compiled version.

   What it returns, and a version in Python for installations without a compiler, are in beside.py;
   tests/languages/test_beside.py checks that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../../_buffers.h"
#include "../../_module.h"

/* Bits of a character's class: see character_classes.py. */
enum { WORD = 1, SHOWN = 2, SMALL = 4, GREAT = 8, QUOTE = 16, STOP = 32 };
/* Bits of the flags, and limits: see beside.py. */
enum { START = 1, AFTER_ARTICLE = 2, IN_QUOTES = 4, BEFORE_STOP = 8, BEFORE_REMARK = 16 };
enum { MOST_MARKS = 6, LONGEST = 24 };
#define FACTOR UINT64_C(0x9E3779B97F4A7C15)

/* The text, the tables of characters, and the hashes of articles. */
typedef struct {
    const uint32_t *points, *small;
    const uint8_t *classes;
    const uint64_t *articles;
    int64_t number, characters, number_of_articles, letters;
} Text;

/* A mention: the begin of its sentence, and the bounds of its context and of itself. */
typedef struct {
    int64_t begin, left, start, end, right;
} Mention;

/* Keys of the words on one side of the mentions. */
typedef struct {
    int64_t *lengths, *first, *second;
} Keys;

static int is(const Text *text, int64_t at, int class)
{
    return text->classes[text->points[at]] & class;
}

/* Return where the word at `at` ends: the first position after it, at most LONGEST away. */
static int64_t walk(const Text *text, int64_t at, int64_t bound, int step)
{
    for (int i = 0; i < LONGEST && (bound - at) * step >= 0 && is(text, at, WORD); i++)
        at += step;
    return at;
}

/* Return whether the mention is at the start of a sentence that does not begin in lower case. */
static int starts(const Text *text, const Mention *of)
{
    int64_t at = of->start;
    if (at - of->begin > MOST_MARKS || of->left != of->begin)
        return 0;
    for (int64_t i = of->begin; i < at; i++)
        if (is(text, i, SHOWN) || text->points[i] == 0x2026)  /* an ellipsis */
            return 0;
    for (int i = 0; i < MOST_MARKS && at + 1 < of->end && !is(text, at, SHOWN); i++)
        at++;
    return !is(text, at, SMALL);
}

/* Return whether the word from `reached + 1` to `at`, with the tie after it, is an article. */
static int is_article(const Text *text, int64_t at, int64_t reached, int64_t bound, uint32_t tie)
{
    uint64_t hash = tie ? text->small[tie] : 0;
    if (at - reached > text->letters)
        return 0;
    for (int64_t i = at; i > reached; i--)
        hash = hash * FACTOR + text->small[text->points[i]];
    if (reached >= bound && text->small[text->points[reached]] == '\'')
        hash = hash * FACTOR + '\'';
    for (int64_t i = 0; i < text->number_of_articles; i++)
        if (text->articles[i] == hash)
            return 1;
    return 0;
}

/* Write a character's UTF-8; return its length. */
static int utf8_of(uint32_t point, uint8_t *out)
{
    int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (int i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    out[0] = (uint8_t)(leads[length] | point);
    return length;
}

/* Set the keys of the ith mention for the word from `first` to before `last`, if it counts. */
static void set_word(const Text *text, const Keys *keys, int64_t i, int64_t first, int64_t last)
{
    uint8_t bytes[8];
    int64_t length = 0;
    if (last - first < 2 || last - first >= LONGEST || !is(text, first, GREAT))
        return;
    utf8_of(text->points[first + 1], bytes + utf8_of(text->points[first], bytes));
    keys->first[i] = bytes[0];
    keys->second[i] = bytes[1];
    for (int64_t at = first; at < last; at++)
        length += utf8_of(text->points[at], bytes);
    keys->lengths[i] = length;
}

/* Return the flags of the ith mention, and set the keys of the words next to it. */
static uint8_t look(const Text *text, const Mention *of, int64_t i, const Keys *before_it,
                    const Keys *after_it)
{
    uint32_t before = of->start > of->left ? text->points[of->start - 1] : 0;
    uint32_t after = of->right > of->end ? text->points[of->end] : 0;
    uint32_t second = of->right > of->end + 1 ? text->points[of->end + 1] : 0;
    int flags = starts(text, of) ? START : 0;
    if ((text->classes[before] | text->classes[after]) & QUOTE)
        flags |= IN_QUOTES;
    if (text->classes[after] & STOP)
        flags |= BEFORE_STOP;
    if ((after == ' ' && second == '(') || (after == ',' && second == ' '))
        flags |= BEFORE_REMARK;
    int tied = before == '\'' || before == 0x2019 || before == '-';
    if (tied || before == ' ' || before == 0xA0 || before == 0x202F) {
        int64_t at = of->start - 2, reached = walk(text, at, of->left, -1);
        if (is_article(text, at, reached, of->left, tied ? before : 0))
            flags |= AFTER_ARTICLE;
        if (before == ' ')
            set_word(text, before_it, i, reached + 1, at + 1);
    }
    if (after == ' ') {
        int64_t at = of->end + 1;
        set_word(text, after_it, i, at, walk(text, at, of->right - 1, 1));
    }
    return (uint8_t)flags;
}

/* Check that all places lie in the text, and all characters in the tables. */
static int check(const Text *text, const int64_t *const spans[5], Py_ssize_t number)
{
    uint32_t highest = 0;
    for (int64_t i = 0; i < text->number; i++)
        highest = text->points[i] > highest ? text->points[i] : highest;
    if (highest >= text->characters)
        goto wrong;
    for (Py_ssize_t i = 0; i < number; i++) {
        /* A context ends before the last character of the text, which is of no sentence. */
        int64_t begin = spans[0][i], left = spans[1][i], start = spans[2][i], end = spans[3][i];
        if (begin < 0 || left < begin || start < left || end < start || spans[4][i] < end ||
            spans[4][i] >= text->number)
            goto wrong;
    }
    return 0;
wrong:
    PyErr_SetString(PyExc_ValueError, "a character or a place is outside the text");
    return -1;
}

static PyObject *look_at_all(const Text *text, const int64_t *const spans[5], Py_ssize_t number)
{
    PyObject *flags = PyBytes_FromStringAndSize(NULL, number), *result = NULL;
    PyObject *words = PyBytes_FromStringAndSize(NULL, number * 6 * 8);
    if (flags != NULL && words != NULL) {
        int64_t *keys = (int64_t *)PyBytes_AS_STRING(words);
        memset(keys, 0, number * 6 * 8);
        Keys before = {keys, keys + number, keys + 2 * number};
        Keys after = {keys + 3 * number, keys + 4 * number, keys + 5 * number};
        for (Py_ssize_t i = 0; i < number; i++) {
            Mention of = {spans[0][i], spans[1][i], spans[2][i], spans[3][i], spans[4][i]};
            PyBytes_AS_STRING(flags)[i] = (char)look(text, &of, i, &before, &after);
        }
        result = PyTuple_Pack(2, flags, words);
    }
    Py_XDECREF(flags);
    Py_XDECREF(words);
    return result;
}

PyDoc_STRVAR(beside_doc,
"beside(points, begin, left, start, end, right, classes, small, articles, letters)\n"
"-> (bytes, bytes)\n\n"
"Return the flags of mentions, and int64[6, n]: the keys of the words before and after them.");

static PyObject *beside(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer b[9];
    Py_ssize_t letters, points, number, small, articles;
    const int64_t *spans[5];
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*y*n:beside", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &b[5], &b[6], &b[7], &b[8], &letters))
        return NULL;
    points = elements_of(&b[0], 4);
    number = elements_of(&b[1], 8);
    small = elements_of(&b[7], 4);
    articles = elements_of(&b[8], 8);
    if (points < 0 || number < 0 || small < 0 || articles < 0)
        goto end;
    for (int i = 0; i < 5; i++) {
        if (elements_of(&b[i + 1], 8) < 0)
            goto end;
        if (b[i + 1].len != b[1].len || small != b[6].len || !small) {
            PyErr_SetString(PyExc_ValueError, "arrays differ in length");
            goto end;
        }
        spans[i] = b[i + 1].buf;
    }
    Text text = {b[0].buf, b[7].buf, b[6].buf, b[8].buf, points, small, articles, letters};
    if (check(&text, spans, number) == 0)
        result = look_at_all(&text, spans, number);
end:
    release_all(b, 9);
    return result;
}

static PyMethodDef functions[] = {
    {"beside", beside, METH_VARARGS, beside_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_beside",
    .m_doc = "Find what is next to mentions.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__beside(void)
{
    return PyModuleDef_Init(&module);
}
