/* Knows how SimGrid's messages look. */
#include "resources/simgrid/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest reason that is quoted. */
enum { MAX_REASON = 400 };

static const char *const complaint_marks[] = {"/CRITICAL] ", "/ERROR] ", NULL};

/* Removes the text before `from`. */
static void cut_before(char *text, const char *from)
{
    memmove(text, from, strlen(from) + 1);
}

/* Where the complaint in a line of the log begins; NULL when it is none. */
static const char *find_complaint(const char *line)
{
    for (const char *const *mark = complaint_marks; *mark; mark++) {
        const char *at = strstr(line, *mark);
        if (at)
            return at + strlen(*mark);
    }
    return NULL;
}

/* Keeps the last complaint, and what follows it, if there is one. */
static void keep_last_complaint(char *text)
{
    const char *last = NULL;
    for (const char *next = text; (next = find_complaint(next));)
        last = next;
    if (last)
        cut_before(text, last);
}

/* Cuts "Parse error at FILE:LINE: " off; returns LINE. */
static long cut_location(char *text, const char *file)
{
    static const char prefix[] = "Parse error at ";
    size_t length = strlen(file);
    if (strncmp(text, prefix, strlen(prefix)) != 0 ||
        strncmp(text + strlen(prefix), file, length) != 0 || text[strlen(prefix) + length] != ':')
        return 0;
    char *end;
    long line = strtol(text + strlen(prefix) + length + 1, &end, 10);
    if (strncmp(end, ": ", 2) != 0)
        return 0;
    cut_before(text, end + 2);
    return line;
}

/* Cuts everything up to the next ": " after `mark`, where that stands. */
static void cut_mark(char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    const char *end = at ? strstr(at, ": ") : NULL;
    if (end)
        cut_before(text, end + 2);
}

static void cut_after(char *text, const char *mark)
{
    char *at = strstr(text, mark);
    if (at)
        *at = '\0';
}

static void cut_end(char *text)
{
    size_t length = strlen(text);
    if (length > MAX_REASON)
        length = MAX_REASON;
    while (length > 0 && strchr(" .!:\r", text[length - 1]))
        length--;
    text[length] = '\0';
}

/* Where SimGrid says the opposite of what it means. */
static void correct(char *text)
{
    static const char wrong[] = " does name a node", right[] = " names no node";
    char *at = strstr(text, wrong);
    if (!at)
        return;
    memcpy(at, right, strlen(right));
    cut_before(at + strlen(right), at + strlen(wrong));
}

long reason_extract(char *said, const char *file)
{
    keep_last_complaint(said);
    long line = cut_location(said, file);
    cut_after(said, "\n");
    if (strncmp(said, "Invalid XML (", strlen("Invalid XML (")) == 0)
        cut_mark(said, "Invalid XML (");
    cut_mark(said, ".cpp:");
    correct(said);
    cut_after(said, " Existing netpoints:");
    cut_end(said);
    return line;
}

const char *reason_in_words(const char *reason)
{
    static const struct {
        const char *reason, *words;
    } known[] = {
        {"", "it gives no reason"},
        {"stoi", "a whole number in it is malformed or too large"},
        {"stoul", "a whole number in it is malformed or too large"},
        {"stod", "a number in it is malformed or too large"},
        {"Flex returned an error code", "this is no XML"},
        {"std::bad_alloc",
         "there is not enough memory for it; is a size in it negative or too large?"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(reason, known[i].reason) == 0)
            return known[i].words;
    return reason;
}
