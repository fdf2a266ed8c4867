/* Reading JSON: documents, values, keys, streams, and what is said of bad ones. */
#include "base/json.h"
#include "base/json_syntax.h"
#include "base/json_text.h"

#include "scratch.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { LONGEST_TEXT = 8192, LONGEST_LOG = 1024 };

/* JSON that is easy to read in C: ' stands for ", and ` for '. */
static char *unquote(const char *text)
{
    static char result[LONGEST_TEXT];
    size_t length = strlen(text);

    assert_true(length < sizeof result);
    for (size_t i = 0; i <= length; i++)
        result[i] = text[i] == '\'' ? '"' : text[i] == '`' ? '\'' : text[i];
    return result;
}

static struct json_document parse(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    const char *json = unquote(text);

    json_parse(&document, "a.json", json, strlen(json), &err);
    assert_string_equal(err.message, "");
    return document;
}

static void write_bytes(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* --- Documents -------------------------------------------------------------------------------- */

static void test_parse_reads_every_type(void **state)
{
    struct json_document document =
        parse("{'s': 'x', 'n': -1.5e1, 't': true, 'f': false, 'z': null, 'l': [1, 2], 'o': {}}");
    struct json_at root = json_root(&document);

    (void)state;
    assert_string_equal(document.file, "a.json");
    assert_string_equal(json_member(&root, "s").value->valuestring, "x");
    assert_true(json_member(&root, "n").value->valuedouble == -15);
    assert_string_equal(json_type_name(json_member(&root, "s").value), "a string");
    assert_string_equal(json_type_name(json_member(&root, "n").value), "a number");
    assert_string_equal(json_type_name(json_member(&root, "t").value), "a boolean");
    assert_string_equal(json_type_name(json_member(&root, "f").value), "a boolean");
    assert_string_equal(json_type_name(json_member(&root, "z").value), "null");
    assert_string_equal(json_type_name(json_member(&root, "l").value), "a list");
    assert_string_equal(json_type_name(json_member(&root, "o").value), "an object");
    assert_string_equal(json_type_name(json_member(&root, "absent").value), "missing");
    json_close(&document);
}

static void test_keys_are_matched_with_their_letter_case(void **state)
{
    struct json_document document = parse("{'A': 1}");
    struct json_at root = json_root(&document);

    (void)state;
    assert_null(json_member(&root, "a").value);
    assert_non_null(json_member(&root, "A").value);
    json_close(&document);
}

static void test_keys_that_differ_in_letter_case_are_not_twice(void **state)
{
    struct json_document document = parse("{'a': 1, 'A': 2}");

    (void)state;
    json_close(&document);
}

static void test_parse_needs_no_terminator_and_reads_no_further(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    char *text = malloc(3); /* so that a sanitizer sees what reads behind it */

    (void)state;
    memcpy(text, "[1]", 3);
    assert_int_equal(json_parse(&document, "a.json", text, 3, &err), 0);
    json_close(&document);
    assert_int_equal(json_parse(&document, "a.json", text, 2, &err), -1);
    assert_string_equal(err.message,
                        "a.json:1:3: ends inside the list opened at 1:1; close it with ']'");
    free(text);
}

static void test_close_takes_a_zeroed_document(void **state)
{
    struct json_document document = {.file = NULL};

    (void)state;
    json_close(&document);
}

static void test_a_failed_parse_leaves_nothing_to_close(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;

    (void)state;
    assert_int_equal(json_parse(&document, "a.json", "[", 1, &err), -1);
    assert_null(document.file);
    assert_null(document.root);
}

static void test_escapes_and_surrogate_pairs_are_decoded(void **state)
{
    struct json_document document = parse("['\\u00e9\\ud83d\\ude00\\\\u0000\\n']");

    (void)state;
    assert_string_equal(document.root->child->valuestring, "\xC3\xA9\xF0\x9F\x98\x80\\u0000\n");
    json_close(&document);
}

static void test_nesting_up_to_the_limit_is_fine(void **state)
{
    char text[2 * CJSON_NESTING_LIMIT + 3];
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;

    (void)state;
    memset(text, '[', CJSON_NESTING_LIMIT + 1);
    memset(text + CJSON_NESTING_LIMIT + 1, ']', CJSON_NESTING_LIMIT + 1);
    assert_int_equal(
        json_parse(&document, "a.json", text + 1, (size_t)2 * CJSON_NESTING_LIMIT, &err), 0);
    json_close(&document);
    assert_int_equal(json_parse(&document, "a.json", text, 2 * CJSON_NESTING_LIMIT + 2, &err), -1);
    assert_string_equal(err.message,
                        "a.json:1:1001: objects and lists are nested more than 1000 deep");
}

static void test_file_may_begin_with_a_byte_order_mark(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;

    (void)state;
    scratch_write("a.json", "\xEF\xBB\xBF{'a': 1}");
    assert_int_equal(json_read(&document, "a.json", &err), 0);
    json_close(&document);
    scratch_write("a.json", "\xEF\xBB\xBF{a: 1}");
    assert_int_equal(json_read(&document, "a.json", &err), -1);
    assert_string_equal(err.message, "a.json:1:2: must be a key in quotes or '}', is 'a'");
}

/* Such a file is read, not mapped. */
static void test_file_of_whole_pages_is_read(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    size_t length = (size_t)sysconf(_SC_PAGESIZE);
    char *text = malloc(length);

    (void)state;
    memset(text, ' ', length);
    text[0] = '[';
    text[length - 1] = ']';
    write_bytes("a.json", text, length);
    free(text);
    assert_int_equal(json_read(&document, "a.json", &err), 0);
    json_close(&document);
}

static void test_pipe_is_read(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    char path[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "[1]", 3), 3);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int_equal(json_read(&document, path, &err), 0);
    assert_string_equal(err.message, "");
    json_close(&document);
    close(ends[0]);
}

static void refuse_file(const char *path, const char *message)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    struct json_stream stream = {.key = "jobs"};

    assert_int_equal(json_read(&document, path, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.message, message);
    err = (struct error){.kind = ERROR_NONE};
    assert_int_equal(json_read_stream(path, &stream, &err), -1);
    assert_string_equal(err.message, message);
}

static void test_file_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    refuse_file("none.json",
                "none.json: does not exist (paths are relative to the working directory)");
}

static void test_path_through_a_file_is_refused(void **state)
{
    (void)state;
    scratch_write("a.json", "{}");
    refuse_file("a.json/b", "a.json/b: does not exist (a part of its path is no directory)");
}

static void test_directory_is_refused(void **state)
{
    (void)state;
    refuse_file("/tmp", "/tmp: is a directory, must be a file");
}

static void test_file_without_permission_is_refused(void **state)
{
    (void)state;
    scratch_write("a.json", "{}");
    assert_int_equal(chmod("a.json", 0), 0);
    if (access("a.json", R_OK) == 0) { /* root may read anything */
        unlink("a.json");
        skip();
    }
    refuse_file("a.json", "a.json: may not be read; change its permissions");
    unlink("a.json");
}

static void test_other_trouble_is_told_in_the_words_of_the_system(void **state)
{
    (void)state;
    assert_int_equal(symlink("loop.json", "loop.json"), 0);
    refuse_file("loop.json", "loop.json: can't be read (Too many levels of symbolic links)");
}

static void test_document_of_more_than_a_gibibyte_is_refused(void **state)
{
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;
    int file = open("a.json", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (1 << 30) + 1), 0); /* a hole */
    close(file);
    assert_int_equal(json_read(&document, "a.json", &err), -1);
    assert_string_equal(err.message, "a.json: is larger than 1024 MiB");
    unlink("a.json");
}

/* It would be read for ever; no JSON has a NUL byte. */
static void test_device_without_end_is_refused(void **state)
{
    (void)state;
    refuse_file("/dev/zero", "/dev/zero:1:1: must be a value, is the character 0x00");
}

static void test_empty_file_is_refused(void **state)
{
    (void)state;
    scratch_write("a.json", "");
    refuse_file("a.json", "a.json: is empty, must be JSON");
    scratch_write("a.json", " \n");
    refuse_file("a.json", "a.json: is empty, must be JSON");
}

static void test_nul_byte_is_refused(void **state)
{
    (void)state;
    write_bytes("a.json", "{\0}", 3);
    refuse_file("a.json", "a.json:1:2: must be a key in quotes or '}', is the character 0x00");
    write_bytes("a.json", "{\"a\0\": 1}", 9);
    refuse_file("a.json", "a.json:1:4: a string can't hold the character 0x00; write \\u0000");
}

static void test_utf16_is_refused(void **state)
{
    (void)state;
    write_bytes("a.json", "\xFF\xFE{\0}\0", 6);
    refuse_file("a.json", "a.json: is in UTF-16; save it as UTF-8");
    write_bytes("a.json", "\xFE\xFF\0{\0}", 6);
    refuse_file("a.json", "a.json: is in UTF-16; save it as UTF-8");
}

/* Syntax errors: the same from a document and from a stream. */
static const struct bad_syntax {
    const char *name, *text, *message;
} bad_syntax[] = {
    {"syntax_end_in_object", "{'a': 1",
     "a.json:1:8: ends inside the object opened at 1:1; close it with '}'"},
    {"syntax_end_in_list", "{'a':\n  [1,\n",
     "a.json:3:1: ends inside the list opened at 2:3; close it with ']'"},
    {"syntax_end_after_key", "{'a'",
     "a.json:1:5: ends inside the object opened at 1:1; close it with '}'"},
    {"syntax_object_closed_as_list", "{'a': 1]",
     "a.json:1:8: must close the object opened at 1:1 with '}', is ']'"},
    {"syntax_list_closed_as_object", "{'jobs': [1}",
     "a.json:1:12: must close the list opened at 1:10 with ']', is '}'"},
    {"syntax_comma_before_brace", "{'a': 1,\n}",
     "a.json:1:8: no comma may stand before '}'; take it out"},
    {"syntax_comma_before_bracket", "{'jobs': [1, 2 , ]}",
     "a.json:1:16: no comma may stand before ']'; take it out"},
    {"syntax_two_commas_in_object", "{'a': 1,, 'b': 2}",
     "a.json:1:9: must be a key in quotes, is ','"},
    {"syntax_two_commas_in_list", "{'jobs': [1,, 2]}", "a.json:1:13: must be a value, is ','"},
    {"syntax_comma_first_in_list", "{'jobs': [, 2]}",
     "a.json:1:11: must be a value or ']', is ','"},
    {"syntax_missing_comma_in_object", "{'a': 1\n 'b': 2}",
     "a.json:2:2: must be ',' or '}', is '\"'"},
    {"syntax_missing_comma_in_list", "{'jobs': [1 2]}", "a.json:1:13: must be ',' or ']', is '2'"},
    {"syntax_missing_colon", "{'a' 1}", "a.json:1:6: must be ':' and a value, is '1'"},
    {"syntax_equals_sign", "{'a' = 1}", "a.json:1:6: must be ':' and a value, is '='"},
    {"syntax_missing_value", "{'a': }", "a.json:1:7: must be a value, is '}'"},
    {"syntax_list_closed_in_place_of_value", "{'a': ]", "a.json:1:7: must be a value, is ']'"},
    {"syntax_data_after_the_end", "{} {}", "a.json:1:4: must be the end of the document, is '{'"},
    {"syntax_key_without_quotes", "{walltime: 3}",
     "a.json:1:2: must be a key in quotes or '}', is 'walltime'"},
    {"syntax_key_in_single_quotes", "{`a`: 3}", "a.json:1:2: JSON quotes with \", not with '"},
    {"syntax_value_in_single_quotes", "{'a': `b`}", "a.json:1:7: JSON quotes with \", not with '"},
    {"syntax_line_comment", "{'a': 1} // one", "a.json:1:10: JSON has no comments; take it out"},
    {"syntax_block_comment", "{/* one */ 'a': 1}", "a.json:1:2: JSON has no comments; take it out"},
    {"syntax_hash_comment", "{'a': # one\n1}", "a.json:1:7: JSON has no comments; take it out"},
    {"syntax_slash_is_no_comment", "{'a': /1}", "a.json:1:7: must be a value, is '/'"},
    {"syntax_other_character", "{'a': \xC3\xA9\xC3\xA9}",
     "a.json:1:7: must be a value, is '\xC3\xA9'"},
    {"syntax_byte_order_mark_within", "{'jobs': \xEF\xBB\xBF[]}",
     "a.json:1:10: must be a value, is '\xEF\xBB\xBF'"},
    {"syntax_second_byte_order_mark", "\xEF\xBB\xBF\xEF\xBB\xBF{}",
     "a.json:1:1: must be a value, is '\xEF\xBB\xBF'"},
    {"syntax_columns_count_characters", "{'\xC3\xA9\xC3\xA9': x}",
     "a.json:1:8: 'x' is no JSON value; put strings into quotes"},
    {"syntax_control_character", "{\x01x}",
     "a.json:1:2: must be a key in quotes or '}', is the character 0x01"},

    {"syntax_python_true", "{'a': True}", "a.json:1:7: 'True' is no JSON value; write true"},
    {"syntax_python_false", "{'a': False}", "a.json:1:7: 'False' is no JSON value; write false"},
    {"syntax_shouted_true", "{'a': TRUE}", "a.json:1:7: 'TRUE' is no JSON value; write true"},
    {"syntax_shouted_false", "{'a': FALSE}", "a.json:1:7: 'FALSE' is no JSON value; write false"},
    {"syntax_python_none", "{'a': None}", "a.json:1:7: 'None' is no JSON value; write null"},
    {"syntax_shouted_null", "{'a': NULL}", "a.json:1:7: 'NULL' is no JSON value; write null"},
    {"syntax_nan", "{'a': NaN}", "a.json:1:7: 'NaN' is no JSON value; numbers are finite"},
    {"syntax_small_nan", "{'a': nan}", "a.json:1:7: 'nan' is no JSON value; numbers are finite"},
    {"syntax_infinity", "{'a': Infinity}",
     "a.json:1:7: 'Infinity' is no JSON value; numbers are finite"},
    {"syntax_inf", "{'a': inf}", "a.json:1:7: 'inf' is no JSON value; numbers are finite"},
    {"syntax_minus_infinity", "{'a': -Infinity}", "a.json:1:7: '-Infinity' is no JSON number"},
    {"syntax_word", "{'a': rigid}",
     "a.json:1:7: 'rigid' is no JSON value; put strings into quotes"},
    {"syntax_long_word", "{'a': abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz}",
     "a.json:1:7: 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn' is no JSON value; put strings into "
     "quotes"},

    {"syntax_plus_sign", "{'a': +1}", "a.json:1:7: '+1' is no JSON number"},
    {"syntax_point_first", "{'a': .5}", "a.json:1:7: '.5' is no JSON number"},
    {"syntax_two_points", "{'a': 1.2.3}", "a.json:1:7: '1.2.3' is no JSON number"},
    {"syntax_hexadecimal", "{'a': 0x1F}", "a.json:1:7: '0x1F' is no JSON number"},
    {"syntax_unit", "{'a': 12h}", "a.json:1:7: '12h' is no JSON number"},
    {"syntax_exponent_without_digits", "{'a': 1e}", "a.json:1:7: '1e' is no JSON number"},
    {"syntax_two_signs", "{'a': --1}", "a.json:1:7: '--1' is no JSON number"},

    {"syntax_point_without_digits", "{'a': 1., 'b' 1}", "a.json:1:7: '1.' is no JSON number"},
    {"syntax_zero_first", "{'a': 012, 'b' 1}", "a.json:1:7: '012' is no JSON number"},
    {"syntax_behind_much_that_is_right",
     "{'a': 'x\\n\\ud83d\\ude00', 'b': [true, -1.5E+3, {}, []], 'c' 1}",
     "a.json:1:60: must be ':' and a value, is '1'"},

    {"syntax_string_without_end", "{'a': 'b}",
     "a.json:1:7: the string has no end on its line; close it with '\"'"},
    {"syntax_string_ends_in_backslash", "{'a': 'b\\",
     "a.json:1:7: the string has no end on its line; close it with '\"'"},
    {"syntax_string_without_end_on_its_line", "{'a: 1,\n 'b': 2}",
     "a.json:1:2: the string has no end on its line; close it with '\"'"},
    {"syntax_windows_path", "{'a': 'C:\\models'}",
     "a.json:1:10: unknown escape in a string; write \\\\ for a backslash"},
    {"syntax_nul_escape", "{'a': 'b\\u0000'}",
     "a.json:1:9: a string can't hold the NUL character; take it out"},
    {"syntax_nul_escape_in_key", "{'a\\u0000': 1}",
     "a.json:1:4: a string can't hold the NUL character; take it out"},
    {"syntax_short_unicode_escape", "{'a': '\\u12'}",
     "a.json:1:8: \\u needs four hexadecimal digits"},
    {"syntax_bad_unicode_escape", "{'a': '\\u12g4'}",
     "a.json:1:8: \\u needs four hexadecimal digits"},
    {"syntax_first_half_of_a_pair", "{'a': '\\ud83d!'}",
     "a.json:1:8: \\ud83d is half of a surrogate pair; write both"},
    {"syntax_first_half_twice", "{'a': '\\ud83d\\ud83d'}",
     "a.json:1:8: \\ud83d is half of a surrogate pair; write both"},
    {"syntax_second_half_of_a_pair", "{'a': '\\ude00'}",
     "a.json:1:8: \\ude00 is half of a surrogate pair; write both"},
    {"syntax_latin_1", "{'a': 'caf\xE9'}",
     "a.json:1:11: the byte 0xe9 is not UTF-8 here; save the file as UTF-8"},
    {"syntax_latin_1_in_key", "{'\xFCser': 1}",
     "a.json:1:3: the byte 0xfc is not UTF-8 here; save the file as UTF-8"},
    {"syntax_character_cut_short", "{'a': '\xC3\xA9\xE2\x82'}",
     "a.json:1:9: the byte 0xe2 is not UTF-8 here; save the file as UTF-8"},
    {"syntax_character_longer_than_needed", "{'a': '\xC0\xAF'}",
     "a.json:1:8: the byte 0xc0 is not UTF-8 here; save the file as UTF-8"},
    {"syntax_surrogate_in_utf8", "{'a': '\xED\xA0\x80'}",
     "a.json:1:8: the byte 0xed is not UTF-8 here; save the file as UTF-8"},
    {"syntax_beyond_unicode", "{'a': '\xF4\x90\x80\x80'}",
     "a.json:1:8: the byte 0xf4 is not UTF-8 here; save the file as UTF-8"},
    {"syntax_all_lengths_of_characters",
     "{'a': "
     "'\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF' "
     "x}",
     "a.json:1:18: must be ',' or '}', is 'x'"},
    {"syntax_tab_in_a_string", "{'a': '\t', 'b' 1}",
     "a.json:1:8: a string can't hold the character 0x09; write \\u0009"},
};

static void test_bad_syntax(void **state)
{
    const struct bad_syntax *bad = *state;
    const char *json = unquote(bad->text);
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;

    assert_int_equal(json_parse(&document, "a.json", json, strlen(json), &err), -1);
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
    write_bytes("a.json", json, strlen(json));
    refuse_file("a.json", bad->message);
}

/* Releases of cJSON differ in what they make of long numbers. */
static void test_syntax_blames_a_long_number_when_nothing_else_is_wrong(void **state)
{
    static const char number[] =
        "[1, 0.0000000000000000000000000000000000000000000000000000000000001 ]";
    static const char longer[] =
        "[1, 0.00000000000000000000000000000000000000000000000000000000000001 ]";
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(json_syntax_error("a.json", longer, sizeof longer - 1, &err), -1);
    assert_string_equal(err.message, "a.json:1:69: the number before this has more than 63 "
                                     "characters; round it");
    err = (struct error){.kind = ERROR_NONE};
    assert_int_equal(json_syntax_error("a.json", longer, sizeof longer - 2, &err), -1);
    assert_string_equal(err.message,
                        "a.json:1:70: ends inside the list opened at 1:1; close it with ']'");
    err = (struct error){.kind = ERROR_NONE};
    assert_int_equal(json_syntax_error("a.json", number, sizeof number - 1, &err), -1);
    assert_string_equal(err.message, "out of memory");
}

static void test_syntax_of_a_good_text_blames_the_memory(void **state)
{
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(json_syntax_error("a.json", "{}", 2, &err), -1);
    assert_string_equal(err.message, "out of memory");
    assert_int_equal(err.kind, ERROR_FAILURE);
}

/* Keys given twice. */
static const struct bad_keys {
    const char *name, *text, *message;
} bad_keys[] = {
    {"twice_in_the_root", "{'a': 1, 'b': 2, 'a': 3}",
     "a.json: key 'a' is given twice; take one out"},
    {"twice_in_a_member", "{'x': {'a': 1, 'a': 1}}",
     "a.json: x: key 'a' is given twice; take one out"},
    {"twice_in_an_element", "{'x': [0, {'y': [[{'a': 1, 'a': 1}]]}]}",
     "a.json: x[1].y[0][0]: key 'a' is given twice; take one out"},
    {"twice_in_a_root_that_is_a_list", "[{'a': 1, 'a': 1}]",
     "a.json: [0]: key 'a' is given twice; take one out"},
    {"twice_the_empty_key", "{'': 1, '': 1}", "a.json: key '' is given twice; take one out"},
    {"twice_among_many",
     "{'k0':0,'k1':0,'k2':0,'k3':0,'k4':0,'k5':0,'k6':0,'k7':0,'k8':0,'k9':0,'ka':0,'kb':0,'kc':0,"
     "'kd':0,'ke':0,'kf':0,'kg':0,'kh':0,'k3':1}",
     "a.json: key 'k3' is given twice; take one out"},
};

static void test_bad_keys(void **state)
{
    const struct bad_keys *bad = *state;
    const char *json = unquote(bad->text);
    struct error err = {.kind = ERROR_NONE};
    struct json_document document;

    assert_int_equal(json_parse(&document, "a.json", json, strlen(json), &err), -1);
    assert_string_equal(err.message, bad->message);
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* --- Places ----------------------------------------------------------------------------------- */

static void test_where_names_the_path(void **state)
{
    struct json_document document =
        parse("{'jobs': [0, {'x-1': {'a b': [7]}}], '': {'y': 1}, 'a.b': 2}");
    struct json_at root = json_root(&document);
    struct json_at jobs = json_member(&root, "jobs");
    struct json_at job = json_element(&jobs, jobs.value->child->next, 1);
    struct json_at x = json_member(&job, "x-1");
    struct json_at spaced = json_member(&x, "a b");
    struct json_at seven = json_element(&spaced, spaced.value->child, 0);
    struct json_at empty = json_member(&root, "");
    struct json_at y = json_member(&empty, "y");
    struct json_at dotted = json_member(&root, "a.b");
    char buffer[128];

    (void)state;
    assert_string_equal(json_where(&root, buffer, sizeof buffer), "a.json");
    assert_string_equal(json_where(&jobs, buffer, sizeof buffer), "a.json: jobs");
    assert_string_equal(json_where(&seven, buffer, sizeof buffer),
                        "a.json: jobs[1].x-1[\"a b\"][0]");
    assert_string_equal(json_where(&y, buffer, sizeof buffer), "a.json: [\"\"].y");
    assert_string_equal(json_where(&dotted, buffer, sizeof buffer), "a.json: [\"a.b\"]");
    json_close(&document);
}

static void test_where_is_cut_to_the_buffer(void **state)
{
    struct json_document document = parse("{'abcdef': 1}");
    struct json_at root = json_root(&document);
    struct json_at member = json_member(&root, "abcdef");
    char buffer[12] = "untouched";

    (void)state;
    assert_ptr_equal(json_where(&member, buffer, 0), buffer);
    assert_string_equal(buffer, "untouched");
    assert_string_equal(json_where(&member, buffer, 1), "");
    assert_string_equal(json_where(&member, buffer, sizeof buffer), "a.json: abc");
    json_close(&document);
}

static void test_error_begins_with_the_place(void **state)
{
    struct json_document document = parse("{'a': 1}");
    struct json_at root = json_root(&document);
    struct json_at member = json_member(&root, "a");
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    assert_int_equal(json_error(&member, &err, "must be %d, is %s", 3, "one"), -1);
    assert_string_equal(err.message, "a.json: a: must be 3, is one");
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_int_equal(json_error(&root, &err, "another"), -1);
    assert_string_equal(err.message, "a.json: a: must be 3, is one");
    json_close(&document);
}

/* Values: a table of texts, readers, and what comes of it. */

enum reader { STRING, NUMBER, NUMBER_IN, INTEGER, BOOL, OBJECT, ARRAY };

static const struct value {
    const char *name, *text;
    enum reader reader;
    double expected;     /* NUMBER_IN and INTEGER read from -2 to 10 */
    const char *message; /* NULL when good */
} values[] = {
    {"string_is_read", "{'v': 'abc'}", STRING, .expected = 3},
    {"string_is_empty", "{'v': ''}", STRING, .expected = 0},
    {"string_is_a_number", "{'v': 1}", STRING,
     .message = "a.json: v: must be a string, is a number"},
    {"string_is_missing", "{}", STRING, .message = "a.json: v: must be a string, is missing"},
    {"number_is_read", "{'v': 1e2}", NUMBER, .expected = 100},
    {"number_is_tiny", "{'v': 1e-999}", NUMBER, .expected = 0},
    {"number_has_63_characters",
     "{'v': 1.0000000000000000000000000000000000000000000000000000000000000}", NUMBER,
     .expected = 1},
    {"number_is_a_string", "{'v': '1'}", NUMBER,
     .message = "a.json: v: must be a number, is a string"},
    {"number_is_null", "{'v': null}", NUMBER, .message = "a.json: v: must be a number, is null"},
    {"number_is_a_boolean", "{'v': true}", NUMBER,
     .message = "a.json: v: must be a number, is a boolean"},
    {"number_is_missing", "{}", NUMBER, .message = "a.json: v: must be a number, is missing"},
    {"number_is_too_large", "{'v': 1e999}", NUMBER,
     .message = "a.json: v: must be a finite number, is beyond 1.8e308"},
    {"number_is_too_small", "{'v': -1e999}", NUMBER,
     .message = "a.json: v: must be a finite number, is beyond 1.8e308"},
    {"number_in_takes_the_minimum", "{'v': -2}", NUMBER_IN, .expected = -2},
    {"number_in_takes_the_maximum", "{'v': 10.0}", NUMBER_IN, .expected = 10},
    {"number_in_takes_fractions", "{'v': 0.1}", NUMBER_IN, .expected = 0.1},
    {"number_in_is_below", "{'v': -2.5}", NUMBER_IN,
     .message = "a.json: v: must be at least -2, is -2.5"},
    {"number_in_is_above_by_little", "{'v': 10.000000000000002}", NUMBER_IN,
     .message = "a.json: v: must be at most 10, is 10.000000000000002"},
    {"number_in_is_large_without_an_exponent", "{'v': 1e15}", NUMBER_IN,
     .message = "a.json: v: must be at most 10, is 1000000000000000"},
    {"number_in_is_infinite", "{'v': 1e400}", NUMBER_IN,
     .message = "a.json: v: must be a finite number, is beyond 1.8e308"},
    {"number_in_is_a_list", "{'v': [1]}", NUMBER_IN,
     .message = "a.json: v: must be a number, is a list"},
    {"integer_is_read", "{'v': 7}", INTEGER, .expected = 7},
    {"integer_may_have_a_point", "{'v': 3.0}", INTEGER, .expected = 3},
    {"integer_may_have_an_exponent", "{'v': 1e1}", INTEGER, .expected = 10},
    {"integer_has_a_fraction", "{'v': 2.5}", INTEGER,
     .message = "a.json: v: must be an integer, is 2.5"},
    {"integer_is_below", "{'v': -3}", INTEGER, .message = "a.json: v: must be at least -2, is -3"},
    {"integer_is_above", "{'v': 11}", INTEGER, .message = "a.json: v: must be at most 10, is 11"},
    {"integer_is_far_below", "{'v': -1e300}", INTEGER,
     .message = "a.json: v: must be at least -2, is -1e+300"},
    {"integer_is_far_above", "{'v': 9223372036854775808}", INTEGER,
     .message = "a.json: v: must be at most 10, is 9.223372036854776e+18"},
    {"integer_is_a_string", "{'v': '7'}", INTEGER,
     .message = "a.json: v: must be a number, is a string"},
    {"bool_is_true", "{'v': true}", BOOL, .expected = 1},
    {"bool_is_false", "{'v': false}", BOOL, .expected = 0},
    {"bool_is_a_number", "{'v': 1}", BOOL,
     .message = "a.json: v: must be true or false, is a number"},
    {"bool_is_a_string", "{'v': 'true'}", BOOL,
     .message = "a.json: v: must be true or false, is a string"},
    {"object_is_taken", "{'v': {}}", OBJECT, .expected = 0},
    {"object_is_a_list", "{'v': []}", OBJECT, .message = "a.json: v: must be an object, is a list"},
    {"array_is_taken", "{'v': []}", ARRAY, .expected = 0},
    {"array_is_an_object", "{'v': {}}", ARRAY,
     .message = "a.json: v: must be a list, is an object"},
};

static int read_value(enum reader reader, const struct json_at *at, double *result,
                      struct error *err)
{
    const char *text = "";
    long long integer = 0;
    bool flag = false;
    int status = -1;

    *result = 0;
    switch (reader) {
    case STRING:
        status = json_string(at, &text, err);
        *result = (double)strlen(text);
        break;
    case NUMBER:
        return json_number(at, result, err);
    case NUMBER_IN:
        return json_number_in(at, -2, 10, result, err);
    case INTEGER:
        status = json_integer(at, -2, 10, &integer, err);
        *result = (double)integer;
        break;
    case BOOL:
        status = json_bool(at, &flag, err);
        *result = flag;
        break;
    case OBJECT:
        return json_object(at, err);
    case ARRAY:
        return json_array(at, err);
    }
    return status;
}

static void test_value(void **state)
{
    const struct value *value = *state;
    struct json_document document = parse(value->text);
    struct json_at root = json_root(&document);
    struct json_at at = json_member(&root, "v");
    struct error err = {.kind = ERROR_NONE};
    double result;

    assert_int_equal(read_value(value->reader, &at, &result, &err), value->message ? -1 : 0);
    assert_string_equal(err.message, value->message ? value->message : "");
    assert_int_equal(err.kind, value->message ? ERROR_INPUT : ERROR_NONE);
    assert_true(value->message || result == value->expected);
    json_close(&document);
}

static void test_integer_reaches_the_bounds_of_its_type(void **state)
{
    struct json_document document = parse("[-9223372036854775808, 9223372036854774784, 1e19]");
    struct error err = {.kind = ERROR_NONE};
    struct json_at root = json_root(&document);
    const cJSON *value = root.value->child;
    struct json_at at = json_element(&root, value, 0);
    long long result;

    (void)state;
    assert_int_equal(json_integer(&at, INT64_MIN, INT64_MAX, &result, &err), 0);
    assert_true(result == INT64_MIN);
    at = json_element(&root, value->next, 1);
    assert_int_equal(json_integer(&at, INT64_MIN, INT64_MAX, &result, &err), 0);
    assert_true(result == 9223372036854774784);
    at = json_element(&root, value->next->next, 2);
    assert_int_equal(json_integer(&at, INT64_MIN, INT64_MAX, &result, &err), -1);
    assert_string_equal(err.message, "a.json: [2]: must be at most 9223372036854775807, is 1e+19");
    json_close(&document);
}

/* --- Near names ------------------------------------------------------------------------------- */

static const char *const known[] = {"type", "walltime", "submit_time", "num_nodes", NULL};

static const struct near {
    const char *name, *word, *nearest;
} nears[] = {
    {"near_itself", "walltime", "walltime"},
    {"near_in_another_letter_case", "WALLTIME", "walltime"},
    {"near_without_a_letter", "waltime", "walltime"},
    {"near_with_one_more", "walltimee", "walltime"},
    {"near_with_another", "walltine", "walltime"},
    {"near_with_two_swapped", "wlaltime", "walltime"},
    {"near_with_a_dash", "submit-time", "submit_time"},
    {"near_with_two_changes", "num_nods_", "num_nodes"},
    {"near_short_word", "tpye", "type"},
    {"near_none_of_them", "priority", NULL},
    {"near_none_with_three_of_eight", "wxlxtixe", NULL},
    {"near_none_when_empty", "", NULL},
    {"near_none_when_one_letter", "t", NULL},
    {"near_none_when_very_long",
     "walltimewalltimewalltimewalltimewalltimewalltimewalltimewalltimewalltime", NULL},
};

static void test_near(void **state)
{
    const struct near *near = *state;
    const char *found = json_nearest_name(near->word, known);

    if (!near->nearest)
        assert_null(found);
    else
        assert_string_equal(found, near->nearest);
}

static void test_near_takes_the_first_of_equals(void **state)
{
    static const char *const names[] = {
        "a name of more than sixty-four letters, which can't be near any word here", "abce", "abcf",
        NULL};

    (void)state;
    assert_string_equal(json_nearest_name("abcd", names), "abce");
}

/* Streams: a log of what the visitors see. */

struct log {
    char text[LONGEST_LOG];
    const char *fails_at; /* the place whose visitor fails */
};

static int note(struct log *log, const char *visitor, const struct json_at *at, struct error *err)
{
    size_t length = strlen(log->text);
    char *value = cJSON_PrintUnformatted(at->value);
    char where[128];

    json_where(at, where, sizeof where);
    snprintf(log->text + length, sizeof log->text - length, "%s %s = %s; ", visitor, where, value);
    free(value);
    if (log->fails_at && strcmp(log->fails_at, where) == 0)
        return json_error(at, err, "is not wanted");
    return 0;
}

static int note_element(void *context, const struct json_at *at, struct error *err)
{
    return note(context, "element", at, err);
}

static int note_other(void *context, const struct json_at *at, struct error *err)
{
    assert_string_equal(at->value->string, at->key);
    assert_true(cJSON_IsObject(at->parent->value));
    return note(context, "other", at, err);
}

static const struct stream {
    const char *name, *text, *log;
    const char *message;  /* NULL when good */
    const char *fails_at; /* or NULL */
} streams[] = {
    {"stream_visits_elements_in_order", "{'jobs': [1, {'a': 'b'}, [2]]}",
     "element a.json: jobs[0] = 1; element a.json: jobs[1] = {\"a\":\"b\"}; element a.json: "
     "jobs[2] = [2]; ",
     NULL, NULL},
    {"stream_visits_other_members", "{'x': 1, 'jobs': [], 'y': {'jobs': [3]}}",
     "other a.json: x = 1; other a.json: y = {\"jobs\":[3]}; ", NULL, NULL},
    {"stream_of_white_space", " { 'jobs' :\n[\t1\r\n, 2 ] } \n",
     "element a.json: jobs[0] = 1; element a.json: jobs[1] = 2; ", NULL, NULL},
    {"stream_with_a_byte_order_mark", "\xEF\xBB\xBF{'jobs': []}", "", NULL, NULL},
    {"stream_stops_at_a_failing_element", "{'jobs': [1, 2, 3]}",
     "element a.json: jobs[0] = 1; element a.json: jobs[1] = 2; ", "a.json: jobs[1]: is not wanted",
     "a.json: jobs[1]"},
    {"stream_stops_at_a_failing_member", "{'x': 1, 'jobs': [1]}", "other a.json: x = 1; ",
     "a.json: x: is not wanted", "a.json: x"},
    {"stream_top_level_is_a_list", "[1]", "", "a.json: must be an object, is a list", NULL},
    {"stream_top_level_is_a_number", "1", "", "a.json: must be an object, is a number", NULL},
    {"stream_top_level_is_wrong", "[1", "",
     "a.json:1:3: ends inside the list opened at 1:1; close it with ']'", NULL},
    {"stream_without_the_member", "{}", "", "a.json: needs 'jobs', a list; add it", NULL},
    {"stream_without_the_member_but_others", "{'Jobs': []}", "other a.json: Jobs = []; ",
     "a.json: needs 'jobs', a list; add it", NULL},
    {"stream_member_is_an_object", "{'jobs': {}}", "", "a.json: jobs: must be a list, is an object",
     NULL},
    {"stream_member_is_null", "{'jobs': null}", "", "a.json: jobs: must be a list, is null", NULL},
    {"stream_member_is_wrong", "{'jobs': x}", "",
     "a.json:1:10: 'x' is no JSON value; put strings into quotes", NULL},
    {"stream_member_twice", "{'jobs': [1], 'jobs': [2]}", "element a.json: jobs[0] = 1; ",
     "a.json: key 'jobs' is given twice; take one out", NULL},
    {"stream_other_member_twice", "{'x': 1, 'x': 2, 'jobs': []}",
     "other a.json: x = 1; other a.json: x = 2; ", "a.json: key 'x' is given twice; take one out",
     NULL},
    {"stream_key_twice_in_an_element", "{'jobs': [1, {'a': {'b': 1, 'b': 1}}]}",
     "element a.json: jobs[0] = 1; ", "a.json: jobs[1].a: key 'b' is given twice; take one out",
     NULL},
    {"stream_key_twice_in_another_member", "{'x': [{'b': 1, 'b': 1}]}", "",
     "a.json: x[0]: key 'b' is given twice; take one out", NULL},
    {"stream_error_in_a_late_element", "{'jobs': [1,\n 2,\n x]}",
     "element a.json: jobs[0] = 1; element a.json: jobs[1] = 2; ",
     "a.json:3:2: 'x' is no JSON value; put strings into quotes", NULL},
};

static void test_stream(void **state)
{
    const struct stream *row = *state;
    struct log log = {.fails_at = row->fails_at};
    struct json_stream stream = {
        .key = "jobs", .visit = note_element, .other = note_other, .context = &log};
    struct error err = {.kind = ERROR_NONE};

    scratch_write("a.json", row->text);
    assert_int_equal(json_read_stream("a.json", &stream, &err), row->message ? -1 : 0);
    assert_string_equal(err.message, row->message ? row->message : "");
    assert_int_equal(err.kind, row->message ? ERROR_INPUT : ERROR_NONE);
    assert_string_equal(log.text, row->log);
}

static void test_stream_without_visitors_checks_the_syntax(void **state)
{
    struct json_stream stream = {.key = "jobs"};
    struct error err = {.kind = ERROR_NONE};

    (void)state;
    scratch_write("a.json", "{'jobs': [1, 2], 'x': 3}");
    assert_int_equal(json_read_stream("a.json", &stream, &err), 0);
}

static void test_stream_of_many_members_finds_one_twice(void **state)
{
    enum { COUNT = 20000 };
    struct json_stream stream = {.key = "jobs"};
    struct error err = {.kind = ERROR_NONE};
    FILE *file = fopen("a.json", "w");

    (void)state;
    assert_non_null(file);
    fprintf(file, "{\"jobs\": []");
    for (int i = 0; i < COUNT; i++)
        fprintf(file, ", \"k%d\": 0", i % (COUNT - 1));
    fprintf(file, "}");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(json_read_stream("a.json", &stream, &err), -1);
    assert_string_equal(err.message, "a.json: key 'k0' is given twice; take one out");
}

/* A program of all: those with a name of their own, and a test for each row of the tables. */

#define ROWS(table) (sizeof(table) / sizeof *(table))

#define ADD_ROWS(tests, count, table, function)                                                    \
    for (size_t i = 0; i < ROWS(table); i++)                                                       \
        (tests)[(count)++] = (struct CMUnitTest){(table)[i].name, function, NULL, NULL,            \
                                                 (void *)(uintptr_t) & (table)[i]};

int main(void)
{
    static const struct CMUnitTest named[] = {
        cmocka_unit_test(test_parse_reads_every_type),
        cmocka_unit_test(test_keys_are_matched_with_their_letter_case),
        cmocka_unit_test(test_keys_that_differ_in_letter_case_are_not_twice),
        cmocka_unit_test(test_parse_needs_no_terminator_and_reads_no_further),
        cmocka_unit_test(test_close_takes_a_zeroed_document),
        cmocka_unit_test(test_a_failed_parse_leaves_nothing_to_close),
        cmocka_unit_test(test_escapes_and_surrogate_pairs_are_decoded),
        cmocka_unit_test(test_nesting_up_to_the_limit_is_fine),
        cmocka_unit_test(test_file_may_begin_with_a_byte_order_mark),
        cmocka_unit_test(test_file_of_whole_pages_is_read),
        cmocka_unit_test(test_pipe_is_read),
        cmocka_unit_test(test_file_that_does_not_exist_is_refused),
        cmocka_unit_test(test_path_through_a_file_is_refused),
        cmocka_unit_test(test_directory_is_refused),
        cmocka_unit_test(test_file_without_permission_is_refused),
        cmocka_unit_test(test_other_trouble_is_told_in_the_words_of_the_system),
        cmocka_unit_test(test_document_of_more_than_a_gibibyte_is_refused),
        cmocka_unit_test(test_device_without_end_is_refused),
        cmocka_unit_test(test_empty_file_is_refused),
        cmocka_unit_test(test_nul_byte_is_refused),
        cmocka_unit_test(test_utf16_is_refused),
        cmocka_unit_test(test_syntax_blames_a_long_number_when_nothing_else_is_wrong),
        cmocka_unit_test(test_syntax_of_a_good_text_blames_the_memory),
        cmocka_unit_test(test_where_names_the_path),
        cmocka_unit_test(test_where_is_cut_to_the_buffer),
        cmocka_unit_test(test_error_begins_with_the_place),
        cmocka_unit_test(test_integer_reaches_the_bounds_of_its_type),
        cmocka_unit_test(test_near_takes_the_first_of_equals),
        cmocka_unit_test(test_stream_without_visitors_checks_the_syntax),
        cmocka_unit_test(test_stream_of_many_members_finds_one_twice),
    };
    struct CMUnitTest tests[ROWS(named) + ROWS(bad_syntax) + ROWS(bad_keys) + ROWS(values) +
                            ROWS(nears) + ROWS(streams)];
    size_t count = ROWS(named);

    memcpy(tests, named, sizeof named);
    ADD_ROWS(tests, count, bad_syntax, test_bad_syntax)
    ADD_ROWS(tests, count, bad_keys, test_bad_keys)
    ADD_ROWS(tests, count, values, test_value)
    ADD_ROWS(tests, count, nears, test_near)
    ADD_ROWS(tests, count, streams, test_stream)
    return cmocka_run_group_tests_name("json", tests, scratch_enter, scratch_leave);
}
