/* Why a text is not JSON, and where: the words that cJSON has not.
 *
 * Internal to the JSON reader, which parses with cJSON and comes here only when that failed.
 */
#ifndef ELASTISIM_BASE_JSON_SYNTAX_H
#define ELASTISIM_BASE_JSON_SYNTAX_H

#include "base/error.h"

#include <stddef.h>

/* Fills err with the first syntax error of a text, as "NAME:LINE:COLUMN: what; what to do" (columns
 * count characters, from 1). A text that has none was refused for lack of memory. Returns -1. */
int json_syntax_error(const char *name, const char *text, size_t length, struct error *err);

/* Whether the text is UTF-8 and has no NUL byte and no wrong \u escape: cJSON would take the latter
 * silently for the end of a string, and bytes that are not UTF-8 as they are. */
bool json_syntax_is_clean(const char *text, size_t length);

#endif
