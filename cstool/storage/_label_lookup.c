/* Look up labels in the arrays of a label store: compiled versions.

   What each function returns, and a version in Python for installations without a compiler, are in
   label_lookup.py; tests/storage/test_label_lookup.py checks that both agree. All numbers of the
   files are checked before they are used as indexes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "../_buffers.h"
#include "../_module.h"

/* An open store: see label_store.py. `width`: numbers of 64 bits in a mask. */
typedef struct {
    const uint64_t *rows;
    const uint8_t *which, *steps, *text;
    const int64_t *offsets;
    int64_t entities, width, labels, words, bytes;
    int wide;
} Store;

static uint64_t which_of(const Store *store, int64_t i)
{
    uint16_t wide;
    if (!store->wide)
        return store->which[i];
    memcpy(&wide, store->which + 2 * i, 2);
    return wide;
}

static int bits_in(uint64_t mask)
{
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_popcountll(mask);
#else
    int number = 0;
    for (; mask; mask &= mask - 1)
        number++;
    return number;
#endif
}

static const uint64_t *row_of(const Store *store, int64_t entity)
{
    return store->rows + entity * (store->width + 2);
}

/* Fill a store from five buffers and the width of masks; return -1 with an exception. */
static int read_store(Store *store, const Py_buffer *buffers, Py_ssize_t width)
{
    Py_ssize_t rows = elements_of(&buffers[0], 8), offsets = elements_of(&buffers[3], 8);
    if (rows < 0 || offsets < 0)
        return -1;
    store->rows = buffers[0].buf;
    store->which = buffers[1].buf;
    store->steps = buffers[2].buf;
    store->offsets = buffers[3].buf;
    store->text = buffers[4].buf;
    store->labels = buffers[2].len;
    store->words = offsets - 1;
    store->bytes = buffers[4].len;
    store->width = width;
    if (width < 1 || width > 1 << 20 || rows % (width + 2) || offsets < 1 ||
        (buffers[1].len != store->labels && buffers[1].len != 2 * store->labels)) {
        PyErr_SetString(PyExc_ValueError, "the arrays of the store do not fit together");
        return -1;
    }
    store->entities = rows / (width + 2);
    store->wide = store->labels && buffers[1].len == 2 * store->labels;
    return 0;
}

/* The number of entities by which memory is prefetched: most are not in the processor's cache. */
#define AHEAD 4

#if defined(__GNUC__) || defined(__clang__)
#define prefetch(address) __builtin_prefetch(address)
/* GCC omits calls of functions that only prefetch, unless these are inlined. */
#define INLINED __attribute__((always_inline)) inline
#else
#define prefetch(address) (void)(address)
#define INLINED inline
#endif

/* Prefetch what `mask_of` will read of the entities after the ith one, each part when the part
   that has its address has been read. */
static INLINED void prefetch_ahead(const Store *store, const int64_t *entities, Py_ssize_t i,
                                   Py_ssize_t number)
{
    for (int step = 1; step <= 3 && i + step * AHEAD < number; step++) {
        int64_t entity = entities[i + step * AHEAD];
        if (entity < 0 || entity >= store->entities)
            continue;
        const uint64_t *row = row_of(store, entity);
        if (step == 3) {
            prefetch(row);
            continue;
        }
        uint64_t label = row[store->width], word = row[store->width + 1];
        if (label >= (uint64_t)store->labels || word >= (uint64_t)store->words)
            continue;
        if (step == 2) {
            prefetch(store->offsets + word);
            prefetch(store->which + (label << store->wide));
        } else if (is_piece(store->offsets, word, store->bytes)) {
            prefetch(store->text + store->offsets[word]);
            prefetch(store->text + store->offsets[word] + 64);
        }
    }
}

static int wrong_store(void)
{
    PyErr_SetString(PyExc_ValueError, "an index or an offset is outside the store");
    return -1;
}

/* ---- labels ---- */

/* Find the label of an entity in a language: its index in `steps`, and its word. */
static int find_label(const Store *store, int64_t entity, int64_t language, int64_t *label,
                      int64_t *word)
{
    if (entity < 0 || entity >= store->entities || language < 0 || language >= 64 * store->width)
        return wrong_store();
    const uint64_t *row = row_of(store, entity);
    uint64_t number = row[store->width];
    for (int64_t i = 0; i < language / 64; i++)
        number += bits_in(row[i]);
    number += bits_in(row[language / 64] & ((UINT64_C(1) << language % 64) - 1));
    if (number >= (uint64_t)store->labels)
        return wrong_store();
    *label = (int64_t)number;
    number = row[store->width + 1] + which_of(store, *label);
    if (number >= (uint64_t)store->words || !is_piece(store->offsets, number, store->bytes))
        return wrong_store();
    *word = (int64_t)number;
    return 0;
}

/* Return (offsets, text, steps) of the labels of `entities[i]` in `languages[i]`. */
static PyObject *take_labels(const Store *store, const int64_t *entities, const int64_t *languages,
                             Py_ssize_t number)
{
    PyObject *offsets = PyBytes_FromStringAndSize(NULL, (number + 1) * 4), *text = NULL;
    PyObject *steps = PyBytes_FromStringAndSize(NULL, number), *result = NULL;
    int64_t *found = PyMem_Malloc((number + 1) * sizeof *found), word, label, total = 0;
    if (found == NULL)
        PyErr_NoMemory();
    if (offsets == NULL || steps == NULL || found == NULL)
        goto end;
    int32_t *ends = (int32_t *)PyBytes_AS_STRING(offsets);
    ends[0] = 0;
    for (Py_ssize_t i = 0; i < number; i++) {
        if (i + 4 * AHEAD < number && entities[i + 4 * AHEAD] >= 0 &&
            entities[i + 4 * AHEAD] < store->entities)
            prefetch(row_of(store, entities[i + 4 * AHEAD]));
        if (find_label(store, entities[i], languages[i], &label, &word) < 0)
            goto end;
        PyBytes_AS_STRING(steps)[i] = (char)store->steps[label];
        found[i] = word;
        total += store->offsets[word + 1] - store->offsets[word];
        if (total > INT32_MAX) {
            PyErr_SetString(PyExc_OverflowError, "labels of more than 2 GB");
            goto end;
        }
        ends[i + 1] = (int32_t)total;
    }
    text = PyBytes_FromStringAndSize(NULL, total);
    if (text == NULL)
        goto end;
    for (Py_ssize_t i = 0; i < number; i++) {
        if (i + 4 * AHEAD < number)
            prefetch(store->text + store->offsets[found[i + 4 * AHEAD]]);
        memcpy(PyBytes_AS_STRING(text) + ends[i], store->text + store->offsets[found[i]],
               ends[i + 1] - ends[i]);
    }
    result = PyTuple_Pack(3, offsets, text, steps);
end:
    PyMem_Free(found);
    Py_XDECREF(offsets);
    Py_XDECREF(text);
    Py_XDECREF(steps);
    return result;
}

PyDoc_STRVAR(labels_doc,
"labels(rows, which, steps, offsets, text, width, entities, languages) -> (bytes, bytes, bytes)\n\n"
"Return the int32 offsets and the UTF-8 of labels, and the steps of their searches.");

static PyObject *labels(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer b[7];
    Py_ssize_t width;
    Store store;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*ny*y*:labels", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &width, &b[5], &b[6]))
        return NULL;
    Py_ssize_t number = elements_of(&b[5], 8);
    if (number >= 0 && elements_of(&b[6], 8) >= 0 && read_store(&store, b, width) == 0) {
        if (b[6].len != b[5].len)
            PyErr_SetString(PyExc_ValueError, "entities and languages differ in number");
        else
            result = take_labels(&store, b[5].buf, b[6].buf, number);
    }
    release_all(b, 7);
    return result;
}

/* ---- masks of languages whose label is a text ---- */

/* Set the mask of languages in which a text of `length` bytes is the label of an entity. */
static int mask_of(const Store *store, int64_t entity, const uint8_t *text, int64_t length,
                   uint64_t *mask)
{
    if (entity >= store->entities)
        return wrong_store();
    const uint64_t *row = row_of(store, entity);
    uint64_t first = row[store->width + 1], label = row[store->width], end = store->words, word;
    if (entity + 1 < store->entities)
        end = row_of(store, entity + 1)[store->width + 1];
    if (first > end || end > (uint64_t)store->words)
        return wrong_store();
    for (word = first; word < end; word++) {
        if (!is_piece(store->offsets, word, store->bytes))
            return wrong_store();
        int64_t begin = store->offsets[word];
        if (store->offsets[word + 1] - begin == length &&
            !memcmp(store->text + begin, text, length))
            break;
    }
    if (word == end)
        return 0;
    for (int64_t i = 0; i < store->width; i++) {
        for (uint64_t left = row[i]; left; left &= left - 1) {
            if (label >= (uint64_t)store->labels)
                return wrong_store();
            if (which_of(store, label++) == word - first)
                mask[i] |= left & (~left + 1);
        }
    }
    return 0;
}

PyDoc_STRVAR(same_doc,
"same(rows, which, steps, offsets, text, width, entities, text_offsets, texts) -> bytes\n\n"
"Return the masks of languages in which the label of `entities[i]` is the i-th text.");

static PyObject *same(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer b[8];
    Py_ssize_t width;
    Store store;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*ny*y*y*:same", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &width, &b[5], &b[6], &b[7]))
        return NULL;
    Py_ssize_t number = elements_of(&b[5], 8), bounds = elements_of(&b[6], 8);
    if (number < 0 || bounds < 0 || read_store(&store, b, width) < 0)
        goto end;
    if (bounds != number + 1) {
        PyErr_SetString(PyExc_ValueError, "entities and texts differ in number");
        goto end;
    }
    if (number > PY_SSIZE_T_MAX / 8 / width) {
        PyErr_NoMemory();
        goto end;
    }
    result = PyBytes_FromStringAndSize(NULL, number * width * 8);
    if (result == NULL)
        goto end;
    uint64_t *masks = (uint64_t *)PyBytes_AS_STRING(result);
    const int64_t *entities = b[5].buf, *offsets = b[6].buf;
    memset(masks, 0, number * width * 8);
    for (Py_ssize_t i = 0; i < number; i++) {
        if (!is_piece(offsets, i, b[7].len)) {
            wrong_store();
            Py_CLEAR(result);
            break;
        }
        prefetch_ahead(&store, entities, i, number);
        int64_t length = offsets[i + 1] - offsets[i];
        const uint8_t *text = (const uint8_t *)b[7].buf + offsets[i];
        if (entities[i] >= 0 && length &&
            mask_of(&store, entities[i], text, length, masks + i * width) < 0) {
            Py_CLEAR(result);
            break;
        }
    }
end:
    release_all(b, 8);
    return result;
}

static PyMethodDef functions[] = {
    {"labels", labels, METH_VARARGS, labels_doc},
    {"same", same, METH_VARARGS, same_doc},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_label_lookup",
    .m_doc = "Look up labels in the arrays of a label store.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__label_lookup(void)
{
    return PyModuleDef_Init(&module);
}
