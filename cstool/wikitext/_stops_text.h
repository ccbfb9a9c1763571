/* The text that _stops.c reads, its stops, and where sentencex has boundaries. Included by _stops.c
   only. */

#ifndef CSTOOL_STOPS_TEXT_H
#define CSTOOL_STOPS_TEXT_H

#include "_text.h"

/* Where sentencex has boundaries: the number of pieces that end before an offset grows with it. */
typedef struct {
    PyObject *pieces;
    Py_ssize_t index, end, matched;
} Known;

static inline Py_UCS4 at(const Text *text, Py_ssize_t i)
{
    return character_at(text, i, 0);
}

static inline int is_in(Py_UCS4 c, const Py_UCS4 *set)
{
    for (; *set; set++)
        if (*set == c)
            return 1;
    return 0;
}

static const Py_UCS4 OPENING[] = {'"',    '\'',   '(',    '[',    '{',    0x201C, 0x201D, 0x201E,
                                  0x2018, 0x201A, 0xAB,   0xBB,   0x2039, 0x203A, 0};
static const Py_UCS4 AFTER[] = {',',    ';',    ':',    '"',    '\'',   0x2019, 0x201D, 0x201C,
                                0x2018, 0xBB,   0x203A, ')',    ']',    0x300D, 0x300F, 0xFF09,
                                0x3011, 0x300B, 0x3009, 0};
static const Py_UCS4 BRACKETS[] = {'(', '[', '{', 0};
/* The quotes of CLOSING, which open a quotation if a letter follows. */
static const Py_UCS4 QUOTES[] = {'"', '\'', 0x2019, 0x201D, 0x201C, 0x2018, 0xBB, 0x203A, 0};
static const Py_UCS4 CLOSING[] = {'"', '\'', 0x2019, 0x201D, 0x201C, 0x2018, 0xBB, 0x203A, ')', ']', 0};
static const Py_UCS4 WHOLE_STOPS[] = {0x964, 0x965, 0x17D4, 0x6D4, 0};

static inline int is_stop(Py_UCS4 c)
{
    switch (c) {
    case '.': case '!': case '?': case 0x2026: case 0x2025: case 0x61F: case 0x6D4: case 0x964:
    case 0x965: case 0x17D4:
        return 1;
    default:
        return 0;
    }
}

#define BLOCK 16 /* characters */

/* Return the offset of the first stop at or after `i`, the length of the text if there is none.
   `NEAR(c)` is 0 for stops. Compilers make vector instructions of the loop over a block. */
#define FIRST_STOP(TYPE, NEAR)                                                                     \
    do {                                                                                           \
        const TYPE *data = text->data;                                                             \
        for (; i + BLOCK <= text->length; i += BLOCK) {                                            \
            TYPE nearest = 1;                                                                      \
            for (int n = 0; n < BLOCK; n++) {                                                      \
                TYPE c = data[i + n], near;                                                        \
                NEAR(c);                                                                           \
                nearest = near < nearest ? near : nearest;                                         \
            }                                                                                      \
            if (nearest == 0)                                                                      \
                break;                                                                             \
        }                                                                                          \
        while (i < text->length && !is_stop(data[i]))                                              \
            i++;                                                                                   \
        return i;                                                                                  \
    } while (0)
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define NEAR_LATIN(c)                                                                              \
    near = (c) ^ '.';                                                                              \
    near = LEAST(near, (c) ^ '!');                                                                 \
    near = LEAST(near, (c) ^ '?')
#define NEAR_ANY(c)                                                                                \
    NEAR_LATIN(c);                                                                                 \
    near = LEAST(near, (c) ^ 0x2026);                                                              \
    near = LEAST(near, (c) ^ 0x2025);                                                              \
    near = LEAST(near, (c) ^ 0x61F);                                                               \
    near = LEAST(near, (c) ^ 0x6D4);                                                               \
    near = LEAST(near, (c) ^ 0x964);                                                               \
    near = LEAST(near, (c) ^ 0x965);                                                               \
    near = LEAST(near, (c) ^ 0x17D4)

static Py_ssize_t first_stop(const Text *text, Py_ssize_t i)
{
    if (text->kind == PyUnicode_1BYTE_KIND)
        FIRST_STOP(Py_UCS1, NEAR_LATIN);
    if (text->kind == PyUnicode_2BYTE_KIND)
        FIRST_STOP(Py_UCS2, NEAR_ANY);
    FIRST_STOP(Py_UCS4, NEAR_ANY);
}

/* ---- boundaries of sentencex ---- */

static int advance(Known *known)
{
    Py_ssize_t length = PyUnicode_GetLength(PyList_GET_ITEM(known->pieces, known->index));
    known->index++;
    known->end += length;
    return length < 0 ? -1 : 0;
}

/* Return whether sentencex has a boundary at `i`; -1 with an exception. */
static int is_known(Known *known, Py_ssize_t i)
{
    Py_ssize_t number = PyList_GET_SIZE(known->pieces) - 1;
    while (known->index < number && (known->index == 0 || known->end < i))
        if (advance(known) < 0)
            return -1;
    if (known->index == 0 || known->end != i)
        return 0;
    known->matched++;
    return 1;
}

/* Return whether each boundary is behind a white space, between usual characters. */
static int is_regular(const Text *text, PyObject *pieces)
{
    Py_ssize_t i = 0;
    for (Py_ssize_t n = 0; n + 1 < PyList_GET_SIZE(pieces); n++) {
        Py_ssize_t length = PyUnicode_GetLength(PyList_GET_ITEM(pieces, n));
        if (length < 0)
            return -1;
        i += length;
        Py_UCS4 after = at(text, i);
        if (at(text, i - 1) != ' ' || at(text, i - 2) == ',' || Py_UNICODE_ISSPACE(after))
            return 0;
        if (is_in(after, AFTER) && !(is_in(after, QUOTES) && Py_UNICODE_ISALPHA(at(text, i + 1))))
            return 0;
    }
    return 1;
}

#endif
