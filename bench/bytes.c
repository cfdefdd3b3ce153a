/*
 * The first table's rows in C: the core by itself, the limit of the machine, and the operating system's random bytes.
 *
 *     bytes MODES SIZES RUNS        modes: about, limit, oneshot, stream, native (the operating system's), rss
 */
#include <fcntl.h>
#include <unistd.h>

#include "limit.h"
#include "measure.h"

typedef struct work {
    dgen_config config;
    dgen_generator *generator;
    dgen_array buffer;
    bench_set *set;
    uint64_t bytes;
    int device, threads;
} work;

static void one_shot(void *context)
{
    work *w = context;
    dgen_array out;
    dgen_error error;
    bench_must(dgen_generate(&out, &w->config, &error), &error);
    dgen_array_release(&out);
}

/* The next w->bytes bytes of an endless object, a chunk at a time into one buffer. */
static void stream(void *context)
{
    work *w = context;
    dgen_error error;
    for (uint64_t done = 0, got; done < w->bytes; done += got) {
        uint64_t want = w->bytes - done < CHUNK_BYTES ? w->bytes - done : CHUNK_BYTES;
        bench_must(dgen_generator_fill(w->generator, w->buffer.data, want, &got, &error), &error);
    }
}

static void limit_one_shot(void *context)
{
    work *w = context;
    set_parallel(w->set, w->buffer.data, w->bytes, w->threads);
}

static void limit_stream(void *context)
{
    work *w = context;
    for (uint64_t done = 0; done < w->bytes; done += CHUNK_BYTES)
        set_parallel(w->set, w->buffer.data, w->bytes - done < CHUNK_BYTES ? w->bytes - done : CHUNK_BYTES, w->threads);
}

static void urandom(void *context)
{
    work *w = context;
    for (uint64_t done = 0; done < w->bytes;) {
        ssize_t got = read(w->device, (char *)w->buffer.data + done, w->bytes - done);
        if (got <= 0) exit(1);
        done += (uint64_t)got;
    }
}

static void measure_limit(uint64_t bytes, int runs)
{
    work w = {.bytes = bytes, .buffer = bench_array(bytes)};
    for (int wide = 0; wide <= HAVE_NON_TEMPORAL; wide++)
        for (int chunks = 0; chunks <= 1; chunks++) {
            char what[64];
            bench_act *act = chunks ? limit_stream : limit_one_shot;
            w.set = wide ? set_non_temporal : set_plain;
            bench_choose_threads(&w.threads, dgen_threads_get(), act, &w);
            snprintf(what, sizeof what, "memset%s, threads: %d", wide ? " past cache" : "", w.threads);
            bench_measure(&(bench_row){"limit", chunks ? "stream" : "oneshot", what, "C", bytes}, runs, act, &w);
        }
    dgen_array_release(&w.buffer);
}

static void measure_one_shot(uint64_t bytes, int runs)
{
    work w;
    dgen_config_init(&w.config);
    w.config.size = bytes;
    w.config.has_size = 1;
    bench_measure(&(bench_row){"dgen", "oneshot", "dgen_generate", "C", bytes}, runs, one_shot, &w);
}

static void open_endless(work *w, uint64_t bytes)
{
    dgen_error error;
    dgen_config_init(&w->config);
    w->config.size = (uint64_t)1 << 62;
    w->config.has_size = 1;
    w->bytes = bytes;
    w->buffer = bench_array(bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES);
    bench_must(dgen_generator_open(&w->generator, &w->config, &error), &error);
}

static void measure_stream(uint64_t bytes, int runs)
{
    work w;
    open_endless(&w, bytes);
    bench_measure(&(bench_row){"dgen", "stream", "dgen_generator_fill", "C", bytes}, runs, stream, &w);
    dgen_generator_close(w.generator);
    dgen_array_release(&w.buffer);
}

static void measure_urandom(uint64_t bytes, int runs)
{
    work w = {.bytes = bytes, .device = open("/dev/urandom", O_RDONLY)};
    if (w.device < 0) {
        printf("skip\tos\tnative\t/dev/urandom\tOS\t%" PRIu64 "\tcannot be opened\n", bytes);
        return;
    }
    w.buffer = bench_array(bytes);
    bench_measure(&(bench_row){"os", "native", "/dev/urandom", "OS", bytes}, runs, urandom, &w);
    dgen_array_release(&w.buffer);
    close(w.device);
}

/* The peak resident memory of this process in bytes: VmHWM, which unlike getrusage is not inherited over exec. */
static double peak_bytes(void)
{
    char line[256];
    double kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %lf", &kib);
    if (status) fclose(status);
    return kib < 0 ? -1 : kib * 1024;
}

/* How much streaming `bytes` bytes adds to the peak, its buffer included. */
static void measure_peak(uint64_t bytes, int runs)
{
    work w;
    double before = peak_bytes();
    (void)runs;
    open_endless(&w, bytes);
    stream(&w);
    printf("value\tC\tpeak_growth\t%.0f\n", peak_bytes() - before);
}

/* What the core says of this build and machine, and the compiler of this program. */
static void about(void)
{
    dgen_record record;
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++) {
        const dgen_value *v = &record.fields[i].value;
        printf("about\t%s\t", record.fields[i].name);
        if (v->kind == DGEN_VALUE_NUMBER) printf("%g\n", v->number);
        else if (v->kind == DGEN_VALUE_COUNT) printf("%" PRIu64 "\n", v->count);
        else if (v->kind == DGEN_VALUE_INTEGER || v->kind == DGEN_VALUE_BOOLEAN) printf("%" PRId64 "\n", v->integer);
        else printf("%s\n", v->text);
    }
    printf("about\tcompiler\t%s\n", __VERSION__);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*measure)(uint64_t bytes, int runs);
    } modes[] = {{"limit", measure_limit}, {"oneshot", measure_one_shot}, {"stream", measure_stream},
                 {"native", measure_urandom}, {"rss", measure_peak}};
    if (argc != 4) return fprintf(stderr, "usage: bytes MODES SIZES RUNS\n"), 2;
    for (char *mode = strtok(argv[1], ","); mode; mode = strtok(NULL, ",")) {
        if (!strcmp(mode, "about")) about();
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
            for (char *size = argv[2]; !strcmp(mode, modes[m].name) && *size; size += strspn(size, ","))
                modes[m].measure(strtoull(size, &size, 10), atoi(argv[3]));
    }
    return 0;
}
