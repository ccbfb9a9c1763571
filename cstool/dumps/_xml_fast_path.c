/* Decode the text of XML as MediaWiki writes it, in one pass over its bytes. The result is the same
   as that of the XML parser (tests/dumps/test_xml_fast_path.py). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../_module.h"

typedef struct { const char *name; Py_ssize_t length; char character; } Reference;

/* The references that PHP's htmlspecialchars writes. */
static const Reference REFERENCES[] = {
    {"&lt;", 4, '<'}, {"&gt;", 4, '>'}, {"&amp;", 5, '&'}, {"&quot;", 6, '"'}, {"&#039;", 6, '\''},
};

/* Return whether there is markup, or a byte that XML forbids or changes. Branchless: vectorised. */
static int has_others(const unsigned char *data, Py_ssize_t length)
{
    unsigned char found = 0;
    for (Py_ssize_t i = 0; i < length; i++)
        found |= (data[i] < ' ' && data[i] != '\n' && data[i] != '\t') | (data[i] == '<');
    return found;
}

/* Return whether the text contains U+FFFE or U+FFFF, which XML forbids. */
static int has_noncharacter(const char *data, Py_ssize_t length)
{
    const char *at = data, *end = data + length;
    while ((at = memchr(at, 0xEF, end - at)) != NULL) {
        if (end - at > 2 && (unsigned char)at[1] == 0xBF && (unsigned char)at[2] >= 0xBE)
            return 1;
        at++;
    }
    return 0;
}

/* Return whether the text contains the end of a CDATA section, which XML forbids. MediaWiki writes
   all of its `>` as references. */
static int has_section_end(const char *data, Py_ssize_t length)
{
    const char *at = data, *end = data + length;
    while ((at = memchr(at, '>', end - at)) != NULL) {
        if (at - data > 1 && at[-1] == ']' && at[-2] == ']')
            return 1;
        at++;
    }
    return 0;
}

/* Return the reference that `data` begins with, NULL if it is not in REFERENCES. */
static const Reference *reference(const char *data, Py_ssize_t length)
{
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++)
        if (REFERENCES[i].length <= length &&
            !memcmp(data, REFERENCES[i].name, REFERENCES[i].length))
            return &REFERENCES[i];
    return NULL;
}

/* Write the bytes with their references decoded; return their number, -1 for an unknown one. */
static Py_ssize_t decode(const char *data, Py_ssize_t length, char *out)
{
    const char *end = data + length;
    char *to = out;
    while (data < end) {
        const char *next = memchr(data, '&', end - data);
        Py_ssize_t plain = (next ? next : end) - data;
        memcpy(to, data, plain);
        to += plain;
        data += plain;
        if (next) {
            const Reference *found = reference(data, end - data);
            if (found == NULL)
                return -1;
            *to++ = found->character;
            data += found->length;
        }
    }
    return to - out;
}

PyDoc_STRVAR(unescaped_doc,
"unescaped(data, start, end) -> str | None\n\n"
"Return the text of data[start:end] with its character references decoded, None if the bytes\n"
"contain anything but text and the references that MediaWiki writes.");

static PyObject *unescaped(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *data;
    Py_ssize_t start, end;
    if (!PyArg_ParseTuple(args, "Snn:unescaped", &data, &start, &end))
        return NULL;
    if (start < 0 || start > end || end > PyBytes_GET_SIZE(data))
        return PyErr_Format(PyExc_ValueError, "start or end out of range");
    const char *bytes = PyBytes_AS_STRING(data) + start;
    if (has_others((const unsigned char *)bytes, end - start) ||
        has_noncharacter(bytes, end - start) || has_section_end(bytes, end - start))
        Py_RETURN_NONE;
    char *out = PyMem_Malloc(end - start + 1);
    if (out == NULL)
        return PyErr_NoMemory();
    Py_ssize_t length = decode(bytes, end - start, out);
    PyObject *text = length < 0 ? Py_NewRef(Py_None) : PyUnicode_DecodeUTF8(out, length, NULL);
    PyMem_Free(out);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    return text;
}

static PyMethodDef functions[] = {
    {"unescaped", unescaped, METH_VARARGS, unescaped_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_xml_fast_path",
    .m_doc = "Decode the text of XML as MediaWiki writes it.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__xml_fast_path(void)
{
    return PyModuleDef_Init(&module);
}
