/* Runs a fuzz target without libFuzzer: over the files named on the command line, or, without any,
 * over random mutations of short seeds, the same ones every time. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROUNDS 3000
#define LONGEST 512

static uint64_t state = 88172645463325252ULL;

static uint32_t random_below(uint32_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % bound;
}

static const char *const seeds[] = {
    "{\"jobs\": [{\"type\": \"rigid\", \"submit_time\": 0, \"num_nodes\": 2, "
    "\"application_model\": \"a.json\", \"arguments\": {\"x\": \"1+y\", \"y\": 2}}]}",
    "{\"phases\": [{\"iterations\": 3, \"tasks\": [{\"type\": \"cpu\", \"flops\": \"1e9*x\", "
    "\"computation_pattern\": \"uniform\", \"bytes\": 5, \"communication_pattern\": \"ring\"}]}]}",
    "{\"code\": 4293673985, \"jobs\": [{\"id\": 1, \"assigned_node_ids\": [0, 1], "
    "\"kill_flag\": false, \"assigned_num_gpus_per_node\": 0}]}",
    "{\"code\": 4293673985, \"jobs\": [{\"id\": 1, \"preempt\": \"restart\", \"suspend\": "
    "false}, {\"id\": 2, \"resume\": true}], \"nodes\": [{\"id\": 0, \"command\": "
    "\"switch_off\"}]}",
    "{\"jobs_file\": \"j\", \"platform_file\": \"p\", \"schedule_on_job_submit\": true}",
    "x > 3 ? max(1, y, 2^-z) : if(not x = 2, -sqrt(4) % 3, pi)",
    "1.5GiBps",
    "{\"jobs\": [{\"type\": \"rigid\", \"submit_time\": 0, \"num_nodes\": 1, \"name\": \"n\", "
    "\"application_model\": \"a.json\"}, {\"type\": \"rigid\", \"submit_time\": 0, \"num_nodes\": "
    "1, "
    "\"application_model\": \"a.json\", \"dependencies\": [{\"after\": 0, \"delay\": 1}, "
    "{\"after_ok\": \"n\"}]}]}",
    "{\"outages\": [{\"nodes\": [\"n[0-1]\", {\"property\": \"rack\", \"value\": \"s\"}], "
    "\"from\": 3, \"until\": 9, \"announced\": 1}], \"failures\": [{\"between\": 9, \"repair\": "
    "{\"distribution\": \"lognormal\", \"mean\": 2, \"sigma\": 1}, \"burst\": {\"probability\": 1, "
    "\"nodes\": 2, \"within\": 1}}], \"windows\": [{\"first\": 1, \"every\": 5, \"duration\": 2}]}",
    "{\"failures\": [{\"nodes\": \"n[0,1-2]\", \"per\": {\"property\": \"rack\"}, \"between\": 9, "
    "\"distribution\": \"weibull\", \"shape\": 0.7, \"repair\": 1}], \"windows\": [{\"nodes\": "
    "\"all\", \"share\": 0.5, \"first\": 1, \"every\": 5, \"duration\": 2, \"lead\": 9}]}",
    "time,price\n-3,0.5\n0,0.25\n\n4,-1e3\n9,2\n",
    "",
};

static size_t mutate(uint8_t *data, size_t size)
{
    static const char pieces[] = "{}[]\",:0123456789.eE+-*/^()<>=!&|? truefalsnx\\u\n\t";
    for (uint32_t n = random_below(6); n > 0; n--) {
        size_t at = size ? random_below((uint32_t)size) : 0;
        uint8_t piece = (uint8_t)pieces[random_below(sizeof pieces - 1)];
        switch (random_below(4)) {
        case 0:
            if (size < LONGEST) {
                memmove(data + at + 1, data + at, size - at);
                data[at] = piece;
                size++;
            }
            break;
        case 1:
            if (size > 0) {
                memmove(data + at, data + at + 1, size - at - 1);
                size--;
            }
            break;
        case 2:
            if (size > 0)
                data[at] = piece;
            break;
        default:
            if (size > 0)
                data[at] = (uint8_t)random_below(256);
        }
    }
    return size;
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    static uint8_t data[1 << 20];
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof data, file));
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    int failures = 0;
    for (int i = 1; i < argc; i++)
        failures += run_file(argv[i]);
    if (argc > 1)
        return failures > 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *seed = seeds[round % (sizeof seeds / sizeof seeds[0])];
        size_t size = strlen(seed);
        uint8_t *data = malloc(LONGEST + 1);
        if (!data)
            return 1;
        memcpy(data, seed, size);
        size = mutate(data, size);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    printf("%d inputs\n", ROUNDS);
    return 0;
}
