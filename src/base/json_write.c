#include "base/json_write.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* How many bytes from here on need no care. */
static size_t plain_length(const char *text)
{
    size_t length = 0;
    while (text[length] >= ' ' && text[length] <= '~' && text[length] != '"' &&
           text[length] != '\\')
        length++;
    return length;
}

static void set_piece(struct json_piece *piece, const char *bytes, size_t length)
{
    piece->bytes = bytes;
    piece->length = length;
}

static void escape(struct json_piece *piece, unsigned char byte)
{
    static const char short_forms[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\t', 't'},
                                          {'\r', 'r'}, {'\b', 'b'},  {'\f', 'f'}};
    snprintf(piece->escape, sizeof piece->escape, "\\u%04x", byte);
    for (size_t i = 0; i < sizeof short_forms / sizeof short_forms[0]; i++)
        if (byte == (unsigned char)short_forms[i][0])
            snprintf(piece->escape, sizeof piece->escape, "\\%c", short_forms[i][1]);
    set_piece(piece, piece->escape, strlen(piece->escape));
}

bool json_next_piece(const char **text, struct json_piece *piece)
{
    size_t length = plain_length(*text);
    if (length > 0) {
        set_piece(piece, *text, length);
        *text += length;
        return true;
    }
    if (!**text)
        return false;
    length = utf8_length(*text, 4); /* a terminated text: the NUL byte continues no character */
    if (length == 0)
        set_piece(piece, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
    else if (length == 1)
        escape(piece, (unsigned char)**text);
    else
        set_piece(piece, *text, length);
    *text += length ? length : 1;
    return true;
}
