/* The letters of ASCII without their case, in any locale. */
#ifndef ELASTISIM_BASE_LETTERS_H
#define ELASTISIM_BASE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline char letters_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the `length` characters are the word, which is in lower case. */
static inline bool letters_say(const char *text, size_t length, const char *word)
{
    if (strlen(word) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (letters_lower(text[i]) != word[i])
            return false;
    return true;
}

#endif
