/* Read the lines of items into columns. Only the published form is read: no white space, no escapes
   in names, no member twice. */

#ifndef CSTOOL_ITEM_COLUMNS_LINES_H
#define CSTOOL_ITEM_COLUMNS_LINES_H

#include "_item_columns_buffers.h"
#include "_item_columns_json.h"

/* Return the index of a name in this line, -1 if the line is left to Python: also because it has
   the name twice; -2 with an exception. */
static Py_ssize_t index_of(Names *names, const Scan *scan)
{
    const char *text = (const char *)scan->key;
    if (scan->key_length > LONGEST_NAME)
        return -1;
    uint16_t *slot = slot_of(names, text, scan->key_length);
    if (!*slot) {
        for (size_t i = 0; i < scan->key_length; i++)
            if (scan->key[i] >= 0x80)
                return -1; /* its UTF-8 is not checked here */
        if (names->number != PyList_GET_SIZE(names->list) || names->number >= MOST_NAMES)
            return -1;
        PyObject *name = PyUnicode_FromStringAndSize(text, scan->key_length);
        int failed = name == NULL || PyList_Append(names->list, name) < 0;
        Py_XDECREF(name);
        if (failed)
            return -2;
        add_name(names, slot, text, scan->key_length);
    }
    Name *name = &names->names[*slot - 1];
    if (name->line == names->line)
        return -1;
    name->line = names->line;
    return *slot - 1;
}

/* ---- the parts of an item: return 1, 0 for what is left to Python, -1 with an exception ---- */

/* Skip an empty list, as which PHP writes an empty map. */
static inline int is_empty_list(Scan *scan)
{
    if (scan->at[0] != '[' || scan->at[1] != ']')
        return 0;
    scan->at += 2;
    return 1;
}

/* What precedes and follows the name in the term of that name, up to the text itself. */
typedef struct { const char *before, *after, *field; } Form;

static const Form TERM = {"{\"language\":\"", "\",\"value\":\"", "value"};
static const Form SITELINK = {"{\"site\":\"", "\",\"title\":\"", "title"};

static inline int skip_text(Scan *scan, const char *text, size_t length)
{
    At at = skip_word(scan->at, scan->end, text, length);
    if (at)
        scan->at = at;
    return at != NULL;
}

/* Decode the text of a term behind its first quote. */
static inline int read_text(Scan *scan, Terms *terms)
{
    unsigned char *to = (unsigned char *)terms->texts.data + terms->texts.used;
    if ((scan->at = decode_string(scan->at, scan->end, &to)) == NULL)
        return 0;
    terms->texts.used = (char *)to - terms->texts.data;
    return 1;
}

/* Read the text of a term with any members. */
static int read_any_term(Scan *scan, Terms *terms, const char *field)
{
    size_t length = strlen(field);
    int more, found = 0;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        if (!is_key(scan, field, length)) {
            if (!skip_member(scan))
                return 0;
        } else if (found++ || *scan->at++ != '"' || !read_text(scan, terms)) {
            return 0;
        }
    }
    return more == 0 && found;
}

/* Read an object with a text and append the text. Nearly all have the form given: comparing with it
   takes a third of the time of reading any members. */
static inline int read_term(Scan *scan, Terms *terms, uint32_t name, const Form *form)
{
    At begin = scan->at;
    size_t used = terms->texts.used;
    const Name *known = &terms->keys.names[name];
    int taken = skip_text(scan, form->before, strlen(form->before)) &&
                skip_text(scan, known->text, known->length) &&
                skip_text(scan, form->after, strlen(form->after));
    if (taken && !read_text(scan, terms))
        return 0;
    if (taken && *scan->at == '}') {
        scan->at++;
    } else {
        scan->at = begin;
        terms->texts.used = used;
        if (!read_any_term(scan, terms, form->field))
            return 0;
    }
    put(&terms->names, name);
    put(&terms->ends, (uint32_t)terms->texts.used);
    return 1;
}

static inline int read_aliases(Scan *scan, Terms *terms, uint32_t name)
{
    if (is_empty_list(scan))
        return 1;
    if (*scan->at++ != '[')
        return 0;
    for (;; scan->at++) {
        if (!read_term(scan, terms, name, &TERM))
            return 0;
        if (*scan->at != ',')
            return *scan->at++ == ']';
    }
}

static int read_terms(Scan *scan, Columns *columns, int kind)
{
    Terms *terms = &columns->terms[kind];
    int more, taken = 1;
    if (is_empty_list(scan))
        return 1;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        Py_ssize_t name = index_of(&terms->keys, scan);
        if (name < 0)
            return name == -2 ? -1 : 0;
        if (kind == ALIASES)
            taken = read_aliases(scan, terms, (uint32_t)name);
        else if (kind == LABELS)
            taken = read_term(scan, terms, (uint32_t)name, &TERM);
        else
            taken = read_term(scan, terms, (uint32_t)name, &SITELINK);
        if (!taken)
            return 0;
    }
    return more == 0;
}

/* Return the number of a QID, 0 for another text. */
static uint32_t qid_of(const unsigned char *text, size_t length)
{
    uint64_t number = 0;
    if (length < 2 || length > 11 || text[0] != 'Q' || text[1] == '0')
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        number = number * 10 + (text[i] - '0');
    }
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* Read a string of ASCII without escapes; `key` and `key_length` become the text. */
static int read_ascii(Scan *scan)
{
    if (*scan->at != '"')
        return 0;
    At close = plain_end(scan->at + 1, scan->end);
    if (*close != '"')
        return 0;
    for (At at = scan->at + 1; at < close; at++)
        if (*at >= 0x80)
            return 0;
    scan->key = scan->at + 1;
    scan->key_length = close - scan->key;
    scan->at = close + 1;
    return 1;
}

/* The parts of a statement, outermost first, and what is read of each of them. */
static const char *const STATEMENT[] = {"mainsnak", "datavalue", "value", "id"};
enum { DEPTH = sizeof STATEMENT / sizeof *STATEMENT };
enum { NORMAL, PREFERRED, DEPRECATED };

static int read_rank(Scan *scan, int *rank)
{
    if (!read_ascii(scan))
        return 0;
    *rank = KEY_IS(scan, "normal") ? NORMAL : KEY_IS(scan, "preferred") ? PREFERRED : DEPRECATED;
    return *rank != DEPRECATED || KEY_IS(scan, "deprecated");
}

/* Read a statement, or the part of one at a depth; set the QID that it has as its value. */
static int read_statement(Scan *scan, int depth, uint32_t *qid, int *rank)
{
    const char *field = STATEMENT[depth];
    size_t length = strlen(field);
    int more, found = 0, ranks = 0, taken;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        if (is_key(scan, field, length)) {
            if (found++)
                return 0;
            if (depth == DEPTH - 1) {
                taken = read_ascii(scan);
                *qid = taken ? qid_of(scan->key, scan->key_length) : 0;
            } else if (*scan->at == '"' && depth == DEPTH - 2) {
                taken = read_ascii(scan); /* a value that is no entity */
            } else {
                taken = read_statement(scan, depth + 1, qid, rank);
            }
        } else if (depth == 0 && KEY_IS(scan, "rank")) {
            taken = !ranks++ && read_rank(scan, rank);
        } else {
            taken = skip_member(scan);
        }
        if (!taken)
            return 0;
    }
    return more == 0 && (found || depth);
}

/* Read the statements of P31; append the QIDs of the best rank: the preferred ones, else normal. */
static int read_statements(Scan *scan, Columns *columns)
{
    size_t begin = columns->types.used;
    int best = NORMAL;
    if (is_empty_list(scan))
        return 1;
    if (*scan->at++ != '[')
        return 0;
    for (;; scan->at++) {
        uint32_t qid = 0;
        int rank = NORMAL;
        if (!read_statement(scan, 0, &qid, &rank))
            return 0;
        if (rank == PREFERRED && best == NORMAL) {
            best = PREFERRED;
            columns->types.used = begin;
        }
        if (rank == best && qid)
            put(&columns->types, qid);
        if (*scan->at != ',')
            return *scan->at++ == ']';
    }
}

static int read_claims(Scan *scan, Columns *columns)
{
    int more, found = 0;
    if (is_empty_list(scan))
        return 1;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0)
        if (KEY_IS(scan, "P31") ? found++ || !read_statements(scan, columns) : !skip_member(scan))
            return 0;
    return more == 0;
}

/* ---- an entity ---- */

static const char *const FIELDS[] = {"labels", "aliases", "sitelinks", "claims", "id", "type"};
enum { CLAIMS = KINDS, ID, TYPE, NUMBER };

/* The members `id` and `type`; `type` is NULL if it is missing: then the entity is an item. */
typedef struct { uint32_t qid; At type; size_t type_length; } Head;

static int read_field(Scan *scan, Columns *columns, int field, Head *head)
{
    if (field < KINDS)
        return read_terms(scan, columns, field);
    if (field == CLAIMS)
        return read_claims(scan, columns);
    if (field == NUMBER)
        return skip_member(scan);
    if (!read_ascii(scan))
        return 0;
    if (field == ID) {
        head->qid = qid_of(scan->key, scan->key_length);
    } else {
        head->type = scan->key;
        head->type_length = scan->key_length;
    }
    return 1;
}

static int read_entity(Scan *scan, Columns *columns, Head *head)
{
    int more, seen = 0;
    for (int first = 1; (more = next_member(scan, first)) == 1; first = 0) {
        int field = 0;
        while (field < NUMBER && !is_key(scan, FIELDS[field], strlen(FIELDS[field])))
            field++;
        if (field < NUMBER && seen & 1 << field)
            return 0;
        seen |= 1 << field;
        int taken = read_field(scan, columns, field, head);
        if (taken != 1)
            return taken;
    }
    return more == 0 && seen & 1 << ID;
}

/* Return whether the item is wanted. */
static int is_wanted(const Columns *columns, uint32_t qid)
{
    Py_ssize_t low = 0, high = columns->number_wanted;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        uint32_t found;
        memcpy(&found, columns->wanted + middle * sizeof found, sizeof found);
        if (found == qid)
            return 1;
        if (found < qid)
            low = middle + 1;
        else
            high = middle;
    }
    return high < 0;
}

/* Read the entity of a line of `length` bytes, without its end, into the columns. Returns as the
   parts do. */
static int read_line(Scan *scan, Columns *columns, size_t length)
{
    size_t terms[KINDS], texts[KINDS], types = columns->types.used;
    At stop = scan->at + length;
    Head head = {0, NULL, 0};
    if (are_full(columns, length))
        return 0;
    if (!reserve_for(columns, length))
        return -1;
    for (int i = 0; i < KINDS; i++) {
        terms[i] = columns->terms[i].names.used;
        texts[i] = columns->terms[i].texts.used;
        columns->terms[i].keys.line++;
    }
    int taken = read_entity(scan, columns, &head);
    if (taken == 1 && (scan->at += *scan->at == ',') != stop)
        taken = 0;
    int is_item = head.type == NULL || (head.type_length == 4 && !memcmp(head.type, "item", 4));
    int kept = taken == 1 && is_item && head.qid && is_wanted(columns, head.qid);
    if (kept) {
        put(&columns->qids, head.qid);
        put(&columns->type_counts, (uint32_t)((columns->types.used - types) / sizeof(uint32_t)));
        for (int i = 0; i < KINDS; i++) {
            Terms *of = &columns->terms[i];
            put(&of->counts, (uint32_t)((of->names.used - terms[i]) / sizeof(uint32_t)));
        }
        return 1;
    }
    columns->types.used = types;
    for (int i = 0; i < KINDS; i++) {
        columns->terms[i].names.used = terms[i];
        columns->terms[i].ends.used = terms[i] + sizeof(uint32_t);
        columns->terms[i].texts.used = texts[i];
    }
    if (taken != 1 || (is_item && !head.qid))
        return taken < 0 ? -1 : 0;
    columns->unwanted += is_item;
    if (is_item)
        return 1;
    PyObject *type = PyUnicode_FromStringAndSize((const char *)head.type, head.type_length);
    int failed = type == NULL || PyList_Append(columns->others, type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 1;
}

/* Read lines up to one that is left to Python; return the position behind them, NULL with an
   exception. `lines` becomes their number. */
static At read_lines(At at, At end, Columns *columns, Py_ssize_t *lines)
{
    At newline;
    for (*lines = 0; at < end && (newline = memchr(at, '\n', end - at)) != NULL; ++*lines) {
        Scan scan = {at, end, NULL, 0};
        int taken = read_line(&scan, columns, newline - at);
        if (taken < 0)
            return NULL;
        if (!taken)
            break;
        at = newline + 1;
    }
    return at;
}

#endif
