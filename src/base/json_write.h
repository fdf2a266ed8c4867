/* Text as JSON. */
#ifndef ELASTISIM_BASE_JSON_WRITE_H
#define ELASTISIM_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of a string in JSON. */
struct json_piece {
    const char *bytes; /* in the text, in `escape`, or constant */
    size_t length;
    char escape[8];
};

/* Cuts the text of a JSON string into pieces that are to be written one after the other between its
 * quotes: as it stands as far as that can be, escaped where it has to be, with U+FFFD for bytes
 * that are no UTF-8. Returns false at the end of the text, else fills the piece and moves *text
 * behind it.
 *
 *     for (struct json_piece piece; json_next_piece(&text, &piece);)
 *         put_bytes(message, piece.bytes, piece.length);
 */
bool json_next_piece(const char **text, struct json_piece *piece);

#endif
