/* Arrays of numbers that Python passes as buffers. */

#ifndef CSTOOL_BUFFERS_H
#define CSTOOL_BUFFERS_H

#include <Python.h>
#include <stdint.h>

/* Return the number of elements of this size; -1 with an exception for a buffer of other bytes. */
static Py_ssize_t elements_of(const Py_buffer *buffer, size_t size)
{
    if (buffer->len % (Py_ssize_t)size || (uintptr_t)buffer->buf % size) {
        PyErr_Format(PyExc_ValueError, "a buffer must be aligned numbers of %zu bytes", size);
        return -1;
    }
    return buffer->len / (Py_ssize_t)size;
}

/* Return whether `offsets[i]` and `offsets[i + 1]` are the bounds of a piece of `length` bytes. */
static inline int is_piece(const int64_t *offsets, int64_t i, Py_ssize_t length)
{
    return 0 <= offsets[i] && offsets[i] <= offsets[i + 1] && offsets[i + 1] <= length;
}

static void release_all(Py_buffer *buffers, int number)
{
    for (int i = 0; i < number; i++)
        PyBuffer_Release(&buffers[i]);
}

#endif
