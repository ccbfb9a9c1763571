/* Lines of a page that need no look at tags or templates: most lines. Included by _scan.c only. */

#ifndef CSTOOL_SCAN_LINES_H
#define CSTOOL_SCAN_LINES_H

#include "_scan_braces.h"

/* The marks of markers.py. */
enum { ENDLESS = 0x00, HOLE = 0x04, HOLE_END = 0x05, APART = 0x07, CONTINUES = 0x08, PICTURE = 0x19, BESIDE = 0x1A };

/* The lines of a text. `at`: the start of the next one; `before`: the line before, if its paragraph
   may continue (its `string` is NULL if it is part of the text); `own`: characters that begin lines
   which may be blocks; `holes`: whether holes in list items can be passed. */
typedef struct {
    Text text;
    Py_ssize_t at;
    Text before;
    PyObject *own, *kept;
    int holes;
} Lines;

static const Text NO_LINE = {0};

static int has(const Text *text, Py_UCS4 c, Py_ssize_t start, Py_ssize_t end)
{
    return PyUnicode_FindChar(text->string, c, start, end, 1) >= 0;
}

/* Return whether a line that begins with `=` is a heading: see HEADING in blocks.py. */
static int is_heading(const Text *text, Py_ssize_t start, Py_ssize_t end)
{
    Py_UCS4 c = '=';
    while (end > start && (c = at(text, end - 1), c == ' ' || c == '\t' ||
                           (c >= HOLE && c <= APART) || Py_UNICODE_ISDECIMAL(c)))
        end--;
    return end - start >= 3 && c == '=';
}

/* Return whether a line cannot be continued because more links end in it than begin; -1 for a line
   with a tag. */
static int is_cut(const Text *line)
{
    Py_ssize_t open = 0, closed = 0;
    for (Py_ssize_t i = 0; i < line->length; i++) {
        Py_UCS4 c = at(line, i);
        if (c == '<')
            return -1;
        open += c == ENDLESS;
        if ((c == '[' || c == ']') && at(line, i + 1) == c) {
            *(c == '[' ? &open : &closed) += 1;
            i++;
        }
    }
    return closed > open;
}

/* Return whether the line kept last continues a paragraph. */
static int continues(const PyObject *kept)
{
    Py_ssize_t size = PyList_GET_SIZE(kept);
    PyObject *last = size ? PyList_GET_ITEM(kept, size - 1) : NULL;
    return last != NULL && PyUnicode_Check(last) && PyUnicode_GET_LENGTH(last) &&
           PyUnicode_READ_CHAR(last, 0) == CONTINUES;
}

/* Keep `text[start:end]` after `begin`; return 1, or -1 with an exception. */
static int keep(Lines *lines, const char *begin, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *line = PyUnicode_Substring(lines->text.string, start, end);
    PyObject *mark = PyUnicode_FromString(begin);
    PyObject *whole = line && mark ? PyUnicode_Concat(mark, line) : NULL;
    Py_XDECREF(line);
    Py_XDECREF(mark);
    return append(lines->kept, whole) < 0 ? -1 : 1;
}

/* Pass a list item: return 1, 0 if it needs a closer look, -1 with an exception. */
static int pass_item(Lines *lines, Py_ssize_t start, Py_ssize_t end)
{
    const Text *text = &lines->text;
    Py_UCS4 c;
    if (!lines->holes && has(text, HOLE, start, end))
        return 0;
    while (start < end && (c = at(text, start), c == '*' || c == '#' || c == ':' || c == ';'))
        start++;
    if (at(text, start - 1) == ';')
        return 0;
    while (start < end && Py_UNICODE_ISSPACE(at(text, start)))
        start++;
    while (start < end && Py_UNICODE_ISSPACE(at(text, end - 1)))
        end--;
    lines->before = NO_LINE;
    int link = end - start > 1 && at(text, start) == '[' && at(text, start + 1) == '[';
    return keep(lines, link ? "\n\x06" : "\n", start, end);
}

/* Pass a line of text: as `pass_item`. */
static int pass_text(Lines *lines, Py_ssize_t start, Py_ssize_t end)
{
    int cut = lines->before.length ? is_cut(&lines->before) : 1;
    if (cut < 0)
        return 0;
    int joined = lines->before.length && (!cut || continues(lines->kept));
    Text line = lines->text;
    line.data = (const char *)line.data + start * line.kind;
    line.length = end - start;
    line.string = NULL;
    lines->before = line;
    return keep(lines, joined ? "\x08" : "\n", start, end);
}

/* Return the end of the mark of a hole that begins at `i`; -1 if none does. */
static Py_ssize_t hole_end(const Text *text, Py_ssize_t i)
{
    Py_ssize_t start = ++i;
    while (at(text, i) >= '0' && at(text, i) <= '9')
        i++;
    return i > start && at(text, i) == HOLE_END ? i + 1 : -1;
}

/* Pass a line that begins with what may be a block, or is not displayed; as `pass_item`. */
static int pass_unseen(Lines *lines, Py_ssize_t start, Py_ssize_t end)
{
    const Text *text = &lines->text;
    int holes = 0;
    Py_ssize_t i = start;
    while (i >= 0 && i < end) {
        Py_UCS4 c = at(text, i);
        if (c == HOLE) {
            holes = 1;
            i = hole_end(text, i);
        } else if (c == NOTHING || c == ' ' || c == '\t' || c == APART || c == PICTURE) {
            i++;
        } else {
            return Py_UNICODE_ISSPACE(c) ? 0 : pass_text(lines, start, end);
        }
    }
    if (holes)
        return 0;
    lines->before = NO_LINE;
    return keep(lines, "\n", start, end);
}

static int pass_line(Lines *lines, Py_ssize_t start, Py_ssize_t end)
{
    const Text *text = &lines->text, own = text_of(lines->own);
    Py_UCS4 first = at(text, start);
    if (has(text, '<', start, end) || has(text, BESIDE, start, end))
        return 0;
    if (first == '=' && has(&own, '=', 0, own.length))
        return 0;
    if (start == end || first == ' ' || (first == '=' && is_heading(text, start, end))) {
        lines->before = NO_LINE;
        return 1;
    }
    if (first == '*' || first == '#' || first == ':' || first == ';')
        return pass_item(lines, start, end);
    if (first == HOLE || first == NOTHING || first == '\t' || first == APART || first == PICTURE)
        return pass_unseen(lines, start, end);
    if (first == '-' || has(&own, first, 0, own.length))
        return 0;
    return pass_text(lines, start, end);
}

PyDoc_STRVAR(pass_lines_doc,
"pass_lines(text, at, before, own, holes, kept) -> tuple[int, str]\n\n"
"Append the lines from `at` to `kept`, up to one that needs a closer look. Return its offset, and\n"
"the line before, if its paragraph may continue.");

static PyObject *pass_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *string, *before;
    Lines lines = {0};
    if (!PyArg_ParseTuple(args, "UnUUpO!:pass_lines", &string, &lines.at, &before, &lines.own,
                          &lines.holes, &PyList_Type, &lines.kept))
        return NULL;
    const Text *text = &lines.text;
    lines.text = text_of(string);
    lines.before = text_of(before);
    if (lines.at < 0)
        return PyErr_Format(PyExc_ValueError, "a negative offset");
    int passed = 1;
    while (lines.at <= text->length) {
        Py_ssize_t end = next(text, '\n', lines.at);
        passed = pass_line(&lines, lines.at, end);
        if (passed <= 0)
            break;
        lines.at = end + 1;
    }
    if (passed < 0)
        return NULL;
    Py_ssize_t size = lines.before.length;
    if (lines.before.string != NULL)
        return Py_BuildValue("(nO)", lines.at, before);
    Py_ssize_t end = size ? lines.at - 1 : 0;
    return Py_BuildValue("(nN)", lines.at, PyUnicode_Substring(string, end - size, end));
}

#endif
