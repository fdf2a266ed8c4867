#include "base/quote.h"

#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";

int quote_length(const char *text, size_t length, size_t most)
{
    if (length > most) {
        length = most;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    return (int)length;
}

const char *quote(const char *text, char *buffer)
{
    size_t length = strlen(text), most = QUOTE_TEXT - sizeof ellipsis;

    snprintf(buffer, QUOTE_TEXT, "%.*s%s", quote_length(text, length, most), text,
             length > most ? ellipsis : "");
    return buffer;
}
