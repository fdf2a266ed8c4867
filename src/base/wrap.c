#include "base/wrap.h"

#include "base/columns.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A last column narrower than this moves below the others. */
#define LEAST_COLUMN 24
/* How far what follows is set in where a line has no column to go on below. */
#define INDENT 4

/* --- Characters ---------------------------------------------------------------------------- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += begins_character(text[i]);
    return count;
}

/* The bytes of the first `characters` of a text, or of all. */
static size_t bytes_of(const char *text, size_t length, size_t characters)
{
    size_t i = 0;
    while (i < length && (characters > 0 || !begins_character(text[i])))
        characters -= begins_character(text[i++]);
    return i;
}

/* --- Lines --------------------------------------------------------------------------------- */

struct line {
    FILE *out;
    size_t columns;
    size_t indent; /* of what follows */
    size_t used;   /* columns of the line so far */
    bool fresh;    /* nothing but the indent is on it */
};

static void break_line(struct line *line)
{
    fprintf(line->out, "\n%*s", (int)line->indent, "");
    line->used = line->indent;
    line->fresh = true;
}

static void put_piece(struct line *line, const char *text, size_t length)
{
    fwrite(text, 1, length, line->out);
    line->used += count_characters(text, length);
    line->fresh = false;
}

/* The part of a word that fits: to its last comma there, else what there is room for. */
static size_t fitting(const char *word, size_t length, size_t room)
{
    size_t most = bytes_of(word, length, room);
    size_t part = most;
    while (part > 0 && word[part - 1] != ',')
        part--;
    return part > 0 ? part : most;
}

static void put_word(struct line *line, const char *word, size_t length)
{
    size_t blank = line->fresh ? 0 : 1;
    if (line->used + blank + count_characters(word, length) > line->columns && !line->fresh) {
        break_line(line);
        blank = 0;
    }
    if (blank)
        put_piece(line, " ", 1);
    while (count_characters(word, length) > line->columns - line->used) {
        size_t part = fitting(word, length, line->columns - line->used);
        put_piece(line, word, part);
        word += part;
        length -= part;
        break_line(line);
    }
    put_piece(line, word, length);
}

static void put_words(struct line *line, const char *text, const char *end)
{
    while (text < end) {
        while (text < end && *text == ' ')
            text++;
        const char *word = text;
        while (text < end && *text != ' ')
            text++;
        if (text > word)
            put_word(line, word, (size_t)(text - word));
    }
}

/* Where the last of several columns begins: behind the last two blanks in a row; 0 when there is
 * one column. */
static size_t last_column(const char *text, size_t length, size_t first)
{
    for (size_t i = length; i-- > first + 2;)
        if (text[i - 1] == ' ' && text[i - 2] == ' ' && text[i] != ' ')
            return i;
    return 0;
}

static void wrap_line(FILE *out, const char *text, size_t length, size_t columns)
{
    size_t first = strspn(text, " "), column = last_column(text, length, first);
    size_t indent = column > 0 ? column : first + INDENT;
    bool below = column > 0 && column + LEAST_COLUMN > columns;
    if (below)
        indent = first + INDENT;
    if (indent + 1 >= columns)
        indent = 0;
    struct line line = {.out = out, .columns = columns, .indent = indent, .fresh = true};
    size_t lead = below || column == 0 ? (first < columns ? first : 0) : column;
    put_piece(&line, text, lead < columns ? lead : 0);
    line.fresh = true;
    if (below) {
        put_words(&line, text + first, text + column);
        break_line(&line);
        put_words(&line, text + column, text + length);
    } else {
        put_words(&line, text + lead, text + length);
    }
}

void wrap_text(FILE *out, const char *text, size_t columns)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (columns == 0 || count_characters(text, length) <= columns)
            fwrite(text, 1, length, out);
        else
            wrap_line(out, text, length, columns);
        text += length;
        if (*text == '\n')
            fputc(*text++, out);
    }
}

void wrap_print(FILE *out, void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size, columns = columns_of_terminal(out);
    FILE *memory = columns > 0 ? open_memstream(&text, &size) : NULL;
    if (!memory) {
        print(out);
        return;
    }
    print(memory);
    if (fclose(memory) == 0)
        wrap_text(out, text, columns);
    free(text);
}
