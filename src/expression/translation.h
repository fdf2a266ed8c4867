/* From a model's text to muParser's: checks the syntax, finds the variables, and writes a text in
 * which everything has a name of ours, so that no name of the user's meets one of muParser's.
 *
 * Internal to expressions.
 */
#ifndef ELASTISIM_EXPRESSION_TRANSLATION_H
#define ELASTISIM_EXPRESSION_TRANSLATION_H

#include "base/error.h"
#include "expression/functions.h"

#include <stddef.h>

#define VARIABLE_CODE "v" /* and its index */
#define FUNCTION_CODE "f" /* and its index in the table */

struct translation {
    char *code;       /* for muParser */
    char **variables; /* in order of first appearance */
    size_t num_variables;
    size_t capacity;           /* of variables */
    bool uses[MOST_FUNCTIONS]; /* by index in the table */
};

/* Translates a text. Returns 0, or -1 with err: what is wrong, where, in which text. Free with
 * translation_release in both cases. */
int translation_make(struct translation *translation, const char *text, struct error *err);
void translation_release(struct translation *translation);

/* Puts the text (its beginning, when it is long) before a message. Returns -1. */
int translation_error(const char *text, struct error *err);

#endif
