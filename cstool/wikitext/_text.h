/* A string with its internal representation, which _scan.c and _stops.c read by character offset. */

#ifndef CSTOOL_TEXT_H
#define CSTOOL_TEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject *string;
    int kind;
    const void *data;
    Py_ssize_t length;
} Text;

static Text text_of(PyObject *string)
{
    return (Text){string, PyUnicode_KIND(string), PyUnicode_DATA(string),
                  PyUnicode_GET_LENGTH(string)};
}

/* Return the character at an offset, `outside` before the text and after it. */
static inline Py_UCS4 character_at(const Text *text, Py_ssize_t i, Py_UCS4 outside)
{
    return i >= 0 && i < text->length ? PyUnicode_READ(text->kind, text->data, i) : outside;
}

#endif
