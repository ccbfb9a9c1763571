/* Join pieces of text with others in place of some: the compiled version.

   What it returns, and a version in Python for installations without a compiler, are in
   replaced.py; tests/arrays/test_replaced.py checks that both agree. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../_buffers.h"
#include "../_module.h"

/* Strings: the bounds of each in `data`. */
typedef struct {
    const int64_t *offsets;
    const char *data;
    int64_t number, bytes;
} Strings;

/* Rows of consecutive pieces: the first one and the number of each, and how many are replaced.
   For all replaced pieces: their index in the pieces, and that of the name in their place. */
typedef struct {
    const int64_t *first, *count, *replaced, *place, *which;
    int64_t rows, places;
} Rows;

/* Append bytes to `out`, which is NULL if only the length is wanted. */
static int64_t append(char *out, int64_t length, const Strings *from, int64_t begin, int64_t end)
{
    if (out != NULL)
        memcpy(out + length, from->data + begin, end - begin);
    return length + end - begin;
}

static int64_t wrong_index(void)
{
    PyErr_SetString(PyExc_ValueError, "an index or an offset is outside its column");
    return -1;
}

/* Append a row to `out`; return the new length, -1 with an exception. `at`: of its first place. */
static int64_t append_row(char *out, int64_t length, const Strings *pieces, const Strings *names,
                          const Rows *rows, int64_t row, int64_t at)
{
    int64_t first = rows->first[row], count = rows->count[row];
    if (first < 0 || count < 0 || first > pieces->number || count > pieces->number - first)
        return wrong_index();
    int64_t begin = pieces->offsets[first], next = first;
    for (int64_t i = at; i < at + rows->replaced[row]; i++) {
        int64_t place = rows->place[i], which = rows->which[i];
        if (place < next || place >= first + count || which < 0 || which >= names->number)
            return wrong_index();
        length = append(out, length, pieces, begin, pieces->offsets[place]);
        length = append(out, length, names, names->offsets[which], names->offsets[which + 1]);
        if (length > INT32_MAX)
            break;
        next = place + 1;
        begin = pieces->offsets[next];
    }
    if (length <= INT32_MAX)
        length = append(out, length, pieces, begin, pieces->offsets[first + count]);
    if (length > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "a column of strings of more than 2 GB");
        return -1;
    }
    return length;
}

static PyObject *join(const Strings *pieces, const Strings *names, const Rows *rows)
{
    PyObject *offsets = PyBytes_FromStringAndSize(NULL, (rows->rows + 1) * 4);
    PyObject *text = NULL, *result = NULL;
    if (offsets == NULL)
        return NULL;
    int32_t *ends = (int32_t *)PyBytes_AS_STRING(offsets);
    int64_t length = 0, at = 0;
    ends[0] = 0;
    for (int64_t row = 0; row < rows->rows; at += rows->replaced[row++]) {
        if (rows->replaced[row] < 0 || rows->replaced[row] > rows->places - at) {
            wrong_index();
            goto end;
        }
        length = append_row(NULL, length, pieces, names, rows, row, at);
        if (length < 0)
            goto end;
        ends[row + 1] = (int32_t)length;
    }
    text = PyBytes_FromStringAndSize(NULL, length);
    if (text == NULL)
        goto end;
    length = at = 0;
    for (int64_t row = 0; row < rows->rows; at += rows->replaced[row++])
        length = append_row(PyBytes_AS_STRING(text), length, pieces, names, rows, row, at);
    result = PyTuple_Pack(2, offsets, text);
end:
    Py_DECREF(offsets);
    Py_XDECREF(text);
    return result;
}

/* Fill strings from the buffers of their offsets, which must ascend, and their bytes. */
static int read_strings(Strings *strings, const Py_buffer *buffers)
{
    Py_ssize_t number = elements_of(&buffers[0], 8);
    if (number < 0)
        return -1;
    *strings = (Strings){buffers[0].buf, buffers[1].buf, number - 1, buffers[1].len};
    for (int64_t i = 0; i < number - 1; i++)
        if (!is_piece(strings->offsets, i, strings->bytes))
            number = 0;
    if (number < 1)
        return (int)wrong_index();
    return 0;
}

PyDoc_STRVAR(replaced_doc,
"replaced(offsets, pieces, first, count, replaced, place, which, name_offsets, names)\n"
"-> (bytes, bytes)\n\n"
"Return the int32 offsets and the UTF-8 of rows of pieces, with names in place of some.");

static PyObject *replaced(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer b[9];
    Strings pieces, names;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*y*:replaced", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &b[5], &b[6], &b[7], &b[8]))
        return NULL;
    for (int i = 2; i < 7; i++)
        if (elements_of(&b[i], 8) < 0)
            goto end;
    if (read_strings(&pieces, &b[0]) < 0 || read_strings(&names, &b[7]) < 0)
        goto end;
    if (b[3].len != b[2].len || b[4].len != b[2].len || b[6].len != b[5].len) {
        PyErr_SetString(PyExc_ValueError, "columns of rows or of places differ in length");
        goto end;
    }
    Rows rows = {b[2].buf, b[3].buf, b[4].buf, b[5].buf, b[6].buf, b[2].len / 8, b[5].len / 8};
    result = join(&pieces, &names, &rows);
end:
    release_all(b, 9);
    return result;
}

static PyMethodDef functions[] = {
    {"replaced", replaced, METH_VARARGS, replaced_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_replaced",
    .m_doc = "Join pieces of text with others in place of some.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__replaced(void)
{
    return PyModuleDef_Init(&module);
}
