/* Parts of a text as UTF-8. Included by _sentences.c only. */

#ifndef CSTOOL_SENTENCES_TEXT_H
#define CSTOOL_SENTENCES_TEXT_H

#include "_text.h"

static inline Py_UCS4 at(const Text *text, Py_ssize_t i)
{
    return character_at(text, i, 0);
}

/* Raise what `str.encode` raises for a part of a text that is no valid UTF-8. */
static Py_ssize_t not_utf8(const Text *text, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = PyUnicode_Substring(text->string, start, end);
    PyObject *encoded = part == NULL ? NULL : PyUnicode_AsUTF8String(part);
    Py_XDECREF(part);
    Py_XDECREF(encoded);
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "a text has a surrogate");
    return -1;
}

/* Return the bytes of `text[start:end]` in UTF-8; -1 with an exception if it has a surrogate. */
static Py_ssize_t utf8_size(const Text *text, Py_ssize_t start, Py_ssize_t end)
{
    Py_ssize_t size = end - start;
    if (text->kind == PyUnicode_1BYTE_KIND) {
        const Py_UCS1 *data = text->data;
        if (!PyUnicode_IS_ASCII(text->string))
            for (Py_ssize_t i = start; i < end; i++)
                size += data[i] >> 7;
    } else if (text->kind == PyUnicode_2BYTE_KIND) {
        const Py_UCS2 *data = text->data;
        int valid = 1;
        for (Py_ssize_t i = start; i < end; i++) {
            size += (data[i] >= 0x80) + (data[i] >= 0x800);
            valid &= data[i] < 0xD800 || data[i] > 0xDFFF;
        }
        return valid ? size : not_utf8(text, start, end);
    } else {
        const Py_UCS4 *data = text->data;
        int valid = 1;
        for (Py_ssize_t i = start; i < end; i++) {
            size += (data[i] >= 0x80) + (data[i] >= 0x800) + (data[i] >= 0x10000);
            valid &= data[i] < 0xD800 || data[i] > 0xDFFF;
        }
        return valid ? size : not_utf8(text, start, end);
    }
    return size;
}

/* Write `text[start:end]`, without surrogates, in UTF-8; a line break is written as a space. */
static void write_utf8(const Text *text, Py_ssize_t start, Py_ssize_t end, char *out)
{
    if (PyUnicode_IS_ASCII(text->string)) {
        char *break_ = out, *last = out + (end - start);
        memcpy(out, (const char *)text->data + start, end - start);
        while ((break_ = memchr(break_, '\n', last - break_)) != NULL)
            *break_++ = ' ';
        return;
    }
    for (Py_ssize_t i = start; i < end; i++) {
        Py_UCS4 c = PyUnicode_READ(text->kind, text->data, i);
        if (c < 0x80) {
            *out++ = c == '\n' ? ' ' : (char)c;
            continue;
        }
        if (c < 0x800) {
            *out++ = (char)(0xC0 | c >> 6);
        } else {
            if (c < 0x10000) {
                *out++ = (char)(0xE0 | c >> 12);
            } else {
                *out++ = (char)(0xF0 | c >> 18);
                *out++ = (char)(0x80 | (c >> 12 & 0x3F));
            }
            *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        }
        *out++ = (char)(0x80 | (c & 0x3F));
    }
}

#endif
