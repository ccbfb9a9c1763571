/* Read lines of Wikidata's JSON dump into columns of items, without an object per text. The columns
   are the same as those that item_columns.py makes of the entities that msgspec decodes
   (tests/dumps/test_item_columns.py). Lines in any but the published form are left to it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../_module.h"
#include "_item_columns_buffers.h"
#include "_item_columns_lines.h"

static const char CAPSULE[] = "cstool.dumps._item_columns";

static void free_columns(Columns *columns)
{
    for (int i = 0; i < KINDS; i++) {
        Terms *terms = &columns->terms[i];
        Py_XDECREF(terms->keys.list);
        Py_XDECREF(terms->counts.bytes);
        Py_XDECREF(terms->names.bytes);
        Py_XDECREF(terms->ends.bytes);
        Py_XDECREF(terms->texts.bytes);
    }
    Py_XDECREF(columns->qids.bytes);
    Py_XDECREF(columns->types.bytes);
    Py_XDECREF(columns->type_counts.bytes);
    Py_XDECREF(columns->others);
    PyMem_Free(columns);
}

static void free_capsule(PyObject *capsule)
{
    free_columns(PyCapsule_GetPointer(capsule, CAPSULE));
}

static PyObject *new_columns(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *names[KINDS], *capsule = NULL;
    if (!PyArg_ParseTuple(args, "O!O!O!:new_columns", &PyList_Type, &names[LABELS], &PyList_Type,
                          &names[ALIASES], &PyList_Type, &names[SITELINKS]))
        return NULL;
    Columns *columns = PyMem_Calloc(1, sizeof *columns);
    if (columns == NULL)
        return PyErr_NoMemory();
    for (int i = 0; i < KINDS; i++)
        columns->terms[i].keys.list = Py_NewRef(names[i]);
    if ((columns->others = PyList_New(0)) != NULL)
        capsule = PyCapsule_New(columns, CAPSULE, free_capsule);
    if (capsule == NULL)
        free_columns(columns);
    return capsule;
}

PyDoc_STRVAR(read_items_doc,
"read_items(columns, data, begin, end, wanted) -> (position, number)\n\n"
"Read whole lines of data[begin:end] up to one that is left to Python.");

static PyObject *read_items(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *capsule;
    Py_buffer data, wanted;
    Py_ssize_t begin, end, lines = 0;
    At at = NULL;
    if (!PyArg_ParseTuple(args, "Oy*nnz*:read_items", &capsule, &data, &begin, &end, &wanted))
        return NULL;
    Columns *columns = PyCapsule_GetPointer(capsule, CAPSULE);
    int valid = columns != NULL;
    for (int i = 0; valid && i < KINDS; i++)
        valid = take_names(&columns->terms[i].keys);
    if (valid && (begin < 0 || begin > end || end > data.len)) {
        PyErr_SetString(PyExc_ValueError, "begin or end out of range");
    } else if (valid) {
        columns->wanted = wanted.buf;
        columns->number_wanted = wanted.obj ? wanted.len / (Py_ssize_t)sizeof(uint32_t) : -1;
        At bytes = data.buf;
        at = read_lines(bytes + begin, bytes + end, columns, &lines);
        begin = at - bytes;
    }
    PyBuffer_Release(&data);
    if (wanted.obj != NULL)
        PyBuffer_Release(&wanted);
    return at == NULL ? NULL : Py_BuildValue("(nn)", begin, lines);
}

static PyObject *take_terms(Terms *terms)
{
    return Py_BuildValue("(NNNN)", take_bytes(&terms->counts), take_bytes(&terms->names),
                         take_bytes(&terms->ends), take_bytes(&terms->texts));
}

static PyObject *take_items(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    Columns *columns = PyCapsule_GetPointer(capsule, CAPSULE);
    if (columns == NULL || !reserve_for(columns, 0))
        return NULL;
    PyObject *others = columns->others;
    Py_ssize_t unwanted = columns->unwanted;
    if ((columns->others = PyList_New(0)) == NULL) {
        columns->others = others;
        return NULL;
    }
    columns->unwanted = 0;
    Terms *terms = columns->terms;
    return Py_BuildValue("(NNNNNNNn)", take_bytes(&columns->qids), take_terms(&terms[LABELS]),
                         take_terms(&terms[ALIASES]), take_terms(&terms[SITELINKS]),
                         take_bytes(&columns->type_counts), take_bytes(&columns->types), others,
                         unwanted);
}

static PyMethodDef functions[] = {
    {"new_columns", new_columns, METH_VARARGS, "Return empty columns; given: lists for the names."},
    {"read_items", read_items, METH_VARARGS, read_items_doc},
    {"take_items", take_items, METH_O, "Return the columns' content, and empty them."},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_item_columns",
    .m_doc = "Read lines of Wikidata's JSON dump into columns of items.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__item_columns(void)
{
    return PyModuleDef_Init(&module);
}
