/* What _fast_path.c reads of brackets that are not those of links: external links, and text. Included
   by _fast_path.c only. */

#ifndef CSTOOL_FAST_PATH_BRACKETS_H
#define CSTOOL_FAST_PATH_BRACKETS_H

#include "_fast_path_text.h"

/* Single brackets of a line: how many are open as text, and whether an external link is. */
typedef struct { Py_ssize_t open; int external; } Brackets;

/* Return the end of the protocol that begins at `i`; `i` if there is none, -1 if it is not plain. */
static Py_ssize_t protocol_end(const Page *page, Py_ssize_t i)
{
    static const char *const common[] = {"http://", "https://", "//"};
    for (int n = 0; n < 3; n++) {
        Py_ssize_t length = 0;
        while (common[n][length] && peek(page, i + length) == (Py_UCS4)common[n][length])
            length++;
        if (!common[n][length])
            return i + length;
    }
    Py_ssize_t end = i;
    Py_UCS4 c;
    while (c = peek(page, end), c == LONG_S || (c < 0x80 && Py_ISALPHA(c)))
        end++;
    return c == ':' || (c == '/' && end == i) ? -1 : i;
}

/* Return whether `&lt;` or `&gt;` begins at `i`, in any case: it ends an address. */
static int is_angle(const Page *page, Py_ssize_t i)
{
    Py_UCS4 name = peek(page, i + 1) | 0x20;
    return (name == 'l' || name == 'g') && (peek(page, i + 2) | 0x20) == 't' &&
           peek(page, i + 3) == ';';
}

/* Pass the address of an external link and the spaces after it; the rest of the link is text. */
static Outcome read_address(Page *page, Py_ssize_t start)
{
    Py_ssize_t i = start;
    Py_UCS4 c;
    for (; c = peek(page, i), c != ' '; i++) {
        if (c == '"' || c == 0x7F || c == 0xFFFD || Py_UNICODE_ISSPACE(c))
            return NOT_PLAIN;
        if (!(kind_of(page, c) & SPECIAL) || c == '|')
            continue;
        if (c == '&' ? is_angle(page, i) : (c != '_' && c != '\'') || peek(page, i + 1) == c)
            return NOT_PLAIN;
    }
    if (i == start)
        return NOT_PLAIN;
    while (peek(page, i) == ' ')
        i++;
    c = peek(page, i);
    if (c == ']' || c == NBSP || Py_UNICODE_ISSPACE(c))
        return NOT_PLAIN;
    page->at = page->floor = i;
    return OK;
}

/* Read a bracket that is not one of a link: of an external link, or text. */
static Outcome read_bracket(Page *page, Brackets *brackets)
{
    Py_UCS4 c = page->in[page->at];
    if (c == ']' && brackets->external) {
        brackets->external = 0;
        page->floor = ++page->at;
        return OK;
    }
    if (c == '[') {
        Py_ssize_t start = page->at + 1, end = protocol_end(page, start);
        if (end < 0 || brackets->external)
            return NOT_PLAIN;
        if (end > start) {
            brackets->external = 1;
            return read_address(page, end);
        }
        brackets->open++;
    } else if (brackets->open-- == 0) {
        return NOT_PLAIN;
    }
    /* Double brackets, perhaps of what was apart in the source, are not text. */
    if (page->length && page->out[page->length - 1] == c)
        return NOT_PLAIN;
    page->out[page->length++] = c;
    page->at++;
    return OK;
}

#endif
