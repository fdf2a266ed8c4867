/* Promise: the first error stays, every message is terminated, and a message that does not fit says
 * so by ending in "...". */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";

/* Ends a message that was cut with "...", and not inside a UTF-8 character. */
static void mark_cut(char *message, size_t size)
{
    size_t end = size - sizeof ellipsis;

    while (end > 0 && ((unsigned char)message[end] & 0xC0) == 0x80)
        end--;
    memcpy(message + end, ellipsis, sizeof ellipsis);
}

static void format_message(char *message, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void format_message(char *message, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(message, size, format, arguments);

    if (length < 0)
        message[0] = '\0';
    else if ((size_t)length >= size)
        mark_cut(message, size);
}

int error_vset(struct error *err, enum error_kind kind, const char *format, va_list arguments)
{
    if (err->kind == ERROR_NONE) {
        err->kind = kind;
        format_message(err->message, sizeof err->message, format, arguments);
    }
    return -1;
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_vset(err, kind, format, arguments);
    va_end(arguments);
    return -1;
}

int error_append(struct error *err, const char *format, ...)
{
    char text[sizeof err->message];
    size_t length = strlen(err->message), room = sizeof err->message - length;
    va_list arguments;

    va_start(arguments, format);
    format_message(text, sizeof text, format, arguments);
    va_end(arguments);
    if (err->kind == ERROR_NONE)
        return error_set(err, ERROR_FAILURE, "%s", text);
    if ((size_t)snprintf(err->message + length, room, "; %s", text) >= room)
        mark_cut(err->message, sizeof err->message);
    return -1;
}

int error_no_memory(struct error *err)
{
    return error_set(err, ERROR_FAILURE, "out of memory");
}

int error_prefix(struct error *err, const char *format, ...)
{
    char message[sizeof err->message];
    size_t length;
    va_list arguments;

    memcpy(message, err->message, sizeof message);
    va_start(arguments, format);
    format_message(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    length = strlen(err->message);
    if ((size_t)snprintf(err->message + length, sizeof err->message - length, ": %s", message) >=
        sizeof err->message - length)
        mark_cut(err->message, sizeof err->message);
    return -1;
}

int warnings_add(struct warnings *warnings, struct error *err, const char *format, ...)
{
    va_list arguments;
    int status = 0;

    if (!warnings)
        return 0;
    va_start(arguments, format);
    if (warnings->strict) {
        status = error_vset(err, ERROR_INPUT, format, arguments);
    } else {
        fputs("elastisim: warning: ", stderr);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        warnings->count++;
    }
    va_end(arguments);
    return status;
}
