#include "base/utf8.h"

/* What a first byte tells, and the ranges of the byte after it; further ones are 80 to BF. */
static const struct form {
    unsigned char first, last; /* of the first byte */
    unsigned char low, high;   /* of the second one */
    unsigned char length;
} forms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* The form that a first byte tells; NULL when none begins with it. */
static const struct form *find_form(unsigned char byte)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (byte >= forms[i].first && byte <= forms[i].last)
            return &forms[i];
    return NULL;
}

size_t utf8_length(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const struct form *form = length > 0 ? find_form(bytes[0]) : NULL;
    if (!form || form->length == 1)
        return form ? 1 : 0;
    if (length < 2 || bytes[1] < form->low || bytes[1] > form->high)
        return 0;
    for (size_t i = 2; i < form->length; i++)
        if (i >= length || (bytes[i] & 0xC0) != 0x80)
            return 0;
    return form->length;
}
