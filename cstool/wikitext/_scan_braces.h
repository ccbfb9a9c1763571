/* The text that _scan.c reads, and the matching of braces and brackets. Included by _scan.c only. */

#ifndef CSTOOL_SCAN_BRACES_H
#define CSTOOL_SCAN_BRACES_H

#include "_text.h"

static inline Py_UCS4 at(const Text *text, Py_ssize_t i)
{
    return character_at(text, i, '\n');
}

static inline Py_ssize_t next(const Text *text, Py_UCS4 c, Py_ssize_t i)
{
    Py_ssize_t found =
        i < text->length ? PyUnicode_FindChar(text->string, c, i, text->length, 1) : -1;
    return found < 0 ? text->length : found;
}

/* Append a new reference to a list, and release it; fail if it is NULL. */
static int append(PyObject *list, PyObject *item)
{
    int failed = item == NULL || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

/* ---- braces ---- */

typedef struct { Py_ssize_t start, end; int braces; } Pair;

/* A stack. On the stack of opened braces, a pair is a run without the braces that are closed. */
typedef struct { Pair *pairs; Py_ssize_t size, room; } Stack;

static int push(Stack *stack, Pair pair)
{
    if (stack->size == stack->room) {
        Py_ssize_t room = stack->room ? 2 * stack->room : 64;
        Pair *pairs = PyMem_Resize(stack->pairs, Pair, room);
        if (pairs == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        stack->pairs = pairs;
        stack->room = room;
    }
    stack->pairs[stack->size++] = pair;
    return 0;
}

/* Pair a run of closing braces with open ones: three before two, innermost first. */
static int close_braces(Stack *opened, Stack *found, Py_ssize_t start, Py_ssize_t end)
{
    while (opened->size && end - start >= 2) {
        Pair *open = &opened->pairs[opened->size - 1];
        int braces = open->end - open->start >= 3 && end - start >= 3 ? 3 : 2;
        start += braces;
        open->end -= braces;
        Pair pair = {open->end, start, braces};
        if (open->end - open->start < 2)
            opened->size--;
        while (found->size && found->pairs[found->size - 1].start >= pair.start)
            found->size--;
        if (push(found, pair) < 0)
            return -1;
    }
    return 0;
}

static int find_calls(const Text *text, Stack *opened, Stack *found)
{
    Py_ssize_t i = 0;
    while (i < text->length) {
        if (!opened->size)
            i = next(text, '{', i);
        Py_UCS4 c = at(text, i);
        Py_ssize_t start = i++;
        if (c != '{' && c != '}')
            continue;
        while (at(text, i) == c)
            i++;
        if (i - start < 2)
            continue;
        int failed = c == '{' ? push(opened, (Pair){start, i, 0})
                              : close_braces(opened, found, start, i);
        if (failed)
            return -1;
    }
    return 0;
}

PyDoc_STRVAR(calls_doc,
"calls(text) -> list[tuple[int, int, int]]\n\n"
"Return the outermost pairs of braces: start, end (exclusive), and 2 or 3 braces.");

static PyObject *calls(PyObject *Py_UNUSED(module), PyObject *string)
{
    if (!PyUnicode_Check(string))
        return PyErr_Format(PyExc_TypeError, "calls takes a str");
    Text text = text_of(string);
    Stack opened = {0}, found = {0};
    PyObject *pairs = find_calls(&text, &opened, &found) < 0 ? NULL : PyList_New(found.size);
    for (Py_ssize_t i = 0; pairs != NULL && i < found.size; i++) {
        Pair pair = found.pairs[i];
        PyObject *item = Py_BuildValue("(nni)", pair.start, pair.end, pair.braces);
        if (item == NULL)
            Py_CLEAR(pairs);
        else
            PyList_SET_ITEM(pairs, i, item);
    }
    PyMem_Free(opened.pairs);
    PyMem_Free(found.pairs);
    return pairs;
}

/* ---- links with a prefix ---- */

PyDoc_STRVAR(prefixed_doc,
"prefixed(text) -> list[tuple[int, int]]\n\n"
"Return the links whose target has a colon: the offsets of their brackets and of the colon.");

static PyObject *prefixed(PyObject *Py_UNUSED(module), PyObject *string)
{
    if (!PyUnicode_Check(string))
        return PyErr_Format(PyExc_TypeError, "prefixed takes a str");
    Text text = text_of(string);
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = next(&text, '[', 0); found && i < text.length; i = next(&text, '[', i)) {
        Py_ssize_t start = i++;
        if (at(&text, i) != '[' || at(&text, start - 1) == '[')
            continue;
        Py_UCS4 c;
        do
            c = at(&text, ++i);
        while (c != ':' && c != '|' && c != '[' && c != ']' && c != '\n');
        if (c == ':' && append(found, Py_BuildValue("(nn)", start, i)) < 0)
            Py_CLEAR(found);
    }
    return found;
}

/* ---- comments and footnotes ---- */

enum { LONGEST_NAME = 20, NOTHING = 0x06 };

#endif
