/* What sentencex gets instead of a text, and whether its pieces are that text. Included by _stops.c
   only. */

#ifndef CSTOOL_STOPS_LABELS_H
#define CSTOOL_STOPS_LABELS_H

#include "_stops_text.h"

#define MASK 0x436
#define LONGEST_LABEL 8

static inline int is_roman_letter(Py_UCS4 c)
{
    static const Py_UCS4 letters[] = {'i', 'v', 'x', 'l', 'c', 'd', 'm', 0};
    return c < 0x80 && is_in(c | 0x20, letters);
}

/* Return the length of the label of a list that ends before `end`; 0 if none does. */
static Py_ssize_t label_before(const Text *text, Py_ssize_t end, Py_ssize_t first)
{
    Py_ssize_t begin = end, digits = 0, romans = 0;
    while (begin > first && at(text, begin - 1) != ' ')
        begin--;
    if (begin < end && at(text, begin) == '(')
        begin++;
    Py_ssize_t length = end - begin;
    for (Py_ssize_t i = begin; i < end; i++) {
        digits += at(text, i) >= '0' && at(text, i) <= '9';
        romans += is_roman_letter(at(text, i));
    }
    if (length == 1)
        return at(text, begin) < 0x80 && Py_ISALNUM(at(text, begin));
    return length && (romans == length || (digits == length && length < 4)) ? length : 0;
}

/* Set the bounds of the label before the bracket at `i`; return whether there is one. */
static int find_label(const Text *text, Py_ssize_t i, Py_ssize_t *start, Py_ssize_t *end)
{
    Py_UCS4 last = at(text, i - 1), before = at(text, i - 2);
    int is_year = i >= 4;
    for (Py_ssize_t n = i - 4; is_year && n < i; n++)
        is_year = Py_UNICODE_ISDIGIT(at(text, n));
    int ends = last < 0x80 && (Py_ISDIGIT(last) || last == '.' || is_roman_letter(last));
    if ((!ends || is_year) && i >= 2 && before != ' ' && before != '(')
        return 0;
    *end = i - (last == '.');
    Py_ssize_t length = label_before(text, *end, i > LONGEST_LABEL ? i - LONGEST_LABEL : 0);
    *start = *end - length;
    return length > 0;
}

/* Mask the labels in a copy of the text's characters; make the copy if there is a label. */
static int mask_labels(const Text *text, Py_UCS4 **copy)
{
    Py_ssize_t i = -1, start, end;
    while ((i = PyUnicode_FindChar(text->string, ')', i + 1, text->length, 1)) >= 0) {
        if (!find_label(text, i, &start, &end))
            continue;
        if (*copy == NULL && (*copy = PyUnicode_AsUCS4Copy(text->string)) == NULL)
            return -1;
        while (start < end)
            (*copy)[start++] = MASK;
    }
    return i == -2 ? -1 : 0;
}

/* Put a space for other white space before a full stop, in a copy of the text's characters. */
static int put_spaces(const Text *text, Py_UCS4 **copy)
{
    Py_ssize_t i = -1;
    while ((i = PyUnicode_FindChar(text->string, '.', i + 1, text->length, 1)) >= 0) {
        Py_UCS4 before = at(text, i - 1);
        if (i == 0 || before == ' ' || before == '\n' || !Py_UNICODE_ISSPACE(before))
            continue;
        if (*copy == NULL && (*copy = PyUnicode_AsUCS4Copy(text->string)) == NULL)
            return -1;
        (*copy)[i - 1] = ' ';
    }
    return i == -2 ? -1 : 0;
}

#define ASCII 128

PyDoc_STRVAR(is_unbroken_doc,
"is_unbroken(text, plain, others) -> bool\n\n"
"Return whether all characters but the last are plain: no sentence can begin after them.");

static PyObject *is_unbroken(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t number)
{
    if (number != 3 || !PyUnicode_Check(args[0]) || !PyBytes_Check(args[1]) ||
        PyBytes_GET_SIZE(args[1]) != ASCII || !PyUnicode_Check(args[2]))
        return PyErr_Format(PyExc_TypeError, "is_unbroken needs a string, 128 bytes and a string");
    Text text = text_of(args[0]);
    const char *plain = PyBytes_AS_STRING(args[1]);
    Py_ssize_t length = PyUnicode_GET_LENGTH(args[2]);
    for (Py_ssize_t i = 0; i + 1 < text.length; i++) {
        Py_UCS4 c = at(&text, i);
        if (c < ASCII ? !plain[c]
                      : !Py_UNICODE_ISALPHA(c) && PyUnicode_FindChar(args[2], c, 0, length, 1) < 0)
            Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(masked_doc,
"masked(text) -> str\n\n"
"Return a text without labels of lists, and without unusual spaces before full stops.");

static PyObject *masked(PyObject *Py_UNUSED(module), PyObject *string)
{
    if (!PyUnicode_Check(string))
        return PyErr_Format(PyExc_TypeError, "masked needs a string");
    Text text = text_of(string);
    Py_UCS4 *copy = NULL;
    PyObject *made = NULL;
    int failed = mask_labels(&text, &copy) < 0;
    if (!failed && (copy != NULL || !PyUnicode_IS_ASCII(string)))
        failed = put_spaces(&text, &copy) < 0;
    if (!failed)
        made = copy ? PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, copy, text.length)
                    : Py_NewRef(string);
    PyMem_Free(copy);
    return made;
}

static int begins_with(const Text *text, Py_ssize_t i, const Text *piece)
{
    if (piece->length > text->length - i)
        return 0;
    if (piece->kind == text->kind)
        return memcmp((const char *)text->data + i * text->kind, piece->data,
                      piece->length * piece->kind) == 0;
    for (Py_ssize_t n = 0; n < piece->length; n++)
        if (at(piece, n) != at(text, i + n))
            return 0;
    return 1;
}

PyDoc_STRVAR(are_joined_doc,
"are_joined(pieces, text) -> bool\n\n"
"Return whether the pieces, joined, are the text.");

static PyObject *are_joined(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t number)
{
    if (number != 2 || !PyList_CheckExact(args[0]) || !PyUnicode_Check(args[1]))
        return PyErr_Format(PyExc_TypeError, "are_joined needs a list and a string");
    Text text = text_of(args[1]);
    Py_ssize_t i = 0;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(args[0]); n++) {
        if (!PyUnicode_Check(PyList_GET_ITEM(args[0], n)))
            return PyErr_Format(PyExc_TypeError, "a piece is a string");
        Text piece = text_of(PyList_GET_ITEM(args[0], n));
        if (!begins_with(&text, i, &piece))
            Py_RETURN_FALSE;
        i += piece.length;
    }
    return PyBool_FromLong(i == text.length);
}

#endif
