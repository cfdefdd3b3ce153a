/*
 * What dgen_generator_write_file leaves behind when it succeeds, and what it says when it can't: the bytes of files on
 * disk and in memory, links, modes, pipes, devices.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "files.h"

static const char *const parents[] = { "/tmp", "/dev/shm" };

static void sizes_and_chunks(void)
{
    static const uint64_t sizes[] = { 0, 1, 4095, 4096, 4097, MEBIBYTE + 3 };
    static const uint64_t chunks[] = { 1000, 4096, MEBIBYTE, 0 };
    for (int parent = 0; parent < 2; parent++) {
        files_begin(parents[parent]);
        uint64_t large = files_large();
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 4; j++) {
                uint64_t size = i < 6 ? sizes[i] : large + 7;
                dgen_config config = test_config(size, 100 + (uint64_t)j);
                if (chunks[j]) config.chunk_size = chunks[j];
                const char *path = file_in("file");
                CHECK(save(&config, path) == DGEN_OK, "%s", files_error.message);
                CHECK(file_holds(path, &config), "%s: %llu bytes by %llu", path, (unsigned long long)size,
                      (unsigned long long)config.chunk_size);
            }
        CHECK(files_count("file", NULL, 0) == 1, "something is left beside the file");
        files_end();
    }
}

/* A chunk that is not whole blocks of the disk, a start in the middle, and other kinds of objects. */
static void odd_objects(void)
{
    files_begin("/tmp");
    dgen_config config = test_config(50 * MEBIBYTE + 1, 7);
    config.offset = 12345;
    config.chunk_size = 10000001;
    CHECK(save(&config, file_in("file")) == DGEN_OK && file_holds(files_path, &config), "an offset");
    config.dedup_ratio = 2, config.compress_ratio = 2.5;
    config.offset = 40 * MEBIBYTE + 4097;
    CHECK(save(&config, file_in("file")) == DGEN_OK && file_holds(files_path, &config), "ratios");
    config.offset = config.size;
    CHECK(save(&config, file_in("file")) == DGEN_OK && file_holds(files_path, &config), "nothing from the offset on");
    files_end();
}

/* What was read before is not written; what is at its end can't be written again, least of all over the file. */
static void from_the_position(void)
{
    uint8_t bytes[1000];
    uint64_t got;
    files_begin("/tmp");
    dgen_config config = test_config(5000, 8), rest = config;
    dgen_generator *generator = open_generator(&config);
    CHECK(dgen_generator_fill(generator, bytes, sizeof bytes, &got, NULL) == DGEN_OK, "fill");
    CHECK(dgen_generator_write_file(generator, file_in("file"), NULL, NULL, NULL, &files_error) == DGEN_OK, "%s",
          files_error.message);
    rest.offset = sizeof bytes;
    CHECK(file_holds(files_path, &rest), "the rest");
    CHECK(dgen_generator_write_file(generator, files_path, NULL, NULL, NULL, &files_error) == DGEN_EEND, "at the end");
    CHECK(file_holds(files_path, &rest), "a second write at the end touched the file");
    dgen_generator_close(generator);
    files_end();
}

static void modes_and_owner(void)
{
    struct stat is;
    dgen_config config = test_config(3000, 9);
    files_begin("/tmp");
    mode_t before = umask(027);
    CHECK(save(&config, file_in("new")) == DGEN_OK && stat(files_path, &is) == 0, "%s", files_error.message);
    CHECK((is.st_mode & 07777) == 0640, "a new file has mode %o", is.st_mode & 07777);
    CHECK(chmod(files_path, 0606) == 0, "chmod");
    if (geteuid() == 0) CHECK(chown(files_path, 12345, 54321) == 0, "chown");
    config.seed++;
    CHECK(save(&config, files_path) == DGEN_OK && stat(files_path, &is) == 0, "%s", files_error.message);
    CHECK((is.st_mode & 07777) == 0606, "the old file's mode became %o", is.st_mode & 07777);
    CHECK(is.st_uid == (geteuid() ? geteuid() : 12345), "the old file's owner became %d", (int)is.st_uid);
    CHECK(file_holds(files_path, &config), "the bytes");
    umask(before);
    files_end();
}

/* A file that may not be written is not replaced either. Root may write all, so somebody else tries. */
static void read_only(void)
{
    dgen_config config = test_config(3000, 10);
    files_begin("/tmp");
    CHECK(chmod(files_folder, 0777) == 0 && save(&config, file_in("file")) == DGEN_OK && chmod(files_path, 0444) == 0,
          "%s", files_error.message);
    pid_t child = fork();
    if (child == 0) {
        dgen_config other = test_config(3000, 11);
        if (geteuid() == 0 && setuid(65534)) _exit(2);
        _exit(save(&other, files_path) == DGEN_EIO && strstr(files_error.message, "Permission denied") ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
    CHECK(file_holds(files_path, &config), "a read-only file was replaced");
    files_end();
}

static void links(void)
{
    static const char *const targets[] = { "file", "./file", NULL, "absent" };
    char absolute[512], link[512];
    struct stat is;
    files_begin("/tmp");
    snprintf(absolute, sizeof absolute, "%s", file_in("file"));
    snprintf(link, sizeof link, "%s", file_in("link"));
    dgen_config config = test_config(3000, 20);
    CHECK(save(&config, absolute) == DGEN_OK, "%s", files_error.message);
    for (int i = 0; i < 4; i++) {
        config.seed++;
        unlink(link);
        CHECK(symlink(targets[i] ? targets[i] : absolute, link) == 0, "symlink");
        CHECK(save(&config, link) == DGEN_OK, "%s", files_error.message);
        CHECK(lstat(link, &is) == 0 && S_ISLNK(is.st_mode), "the link was replaced");
        CHECK(file_holds(file_in(i == 3 ? "absent" : "file"), &config), "the file behind the link");
    }
    unlink(link);
    CHECK(symlink("link", link) == 0 && save(&config, link) == DGEN_EIO, "a link to itself");
    CHECK(files_count("", NULL, 0) == 3, "something is left");
    files_end();
}

/* Relative to the folder the process was in when the call began, even if the host changes folders meanwhile. */
static int change_folder(void *context, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    return chdir(context);
}

static void relative_path(void)
{
    dgen_config config = test_config(3 * MEBIBYTE, 30);
    config.chunk_size = MEBIBYTE;
    files_begin("/tmp");
    CHECK(chdir(files_folder) == 0, "chdir");
    CHECK(save_with(&config, "file", change_folder, "/") == DGEN_OK, "%s", files_error.message);
    CHECK(file_holds(file_in("file"), &config), "the bytes");
    files_end();
}

static void long_names(void)
{
    char name[300];
    dgen_config config = test_config(3000, 31);
    files_begin("/tmp");
    memset(name, 'n', sizeof name);
    name[255] = 0;
    CHECK(save(&config, file_in(name)) == DGEN_OK && file_holds(files_path, &config), "%s", files_error.message);
    CHECK(files_count(name, NULL, 0) == 1, "something is left");
    files_end();
}

/* While it is written: the old file stands, the new one is beside it under a name of its own. */
struct watch {
    const dgen_config *old;
    uint64_t calls, last, total;
    pthread_t thread;
};

static int look(void *context, uint64_t done, uint64_t total)
{
    struct watch *w = context;
    char other[256] = "";
    CHECK(pthread_equal(w->thread, pthread_self()), "progress is called on another thread");
    CHECK(done > w->last && done <= total && total == w->total, "%llu after %llu", (unsigned long long)done,
          (unsigned long long)w->last);
    w->last = done;
    w->calls++;
    CHECK(files_count("file", other, sizeof other) == 2, "not one file beside the old one");
    CHECK(!strncmp(other, "file.", 5) && strlen(other) == 11, "its name is %s", other);
    CHECK(file_holds(file_in("file"), w->old), "the old file changed");
    return 0;
}

static void progress_and_temporary(void)
{
    files_begin("/tmp");
    for (int threaded = 0; threaded < 2; threaded++) {
        uint64_t step = threaded ? MEBIBYTE : 1000;
        dgen_config old = test_config(5000, 40), config = test_config(5 * step + 3, 41);
        struct watch w = { .old = &old, .total = config.size, .thread = pthread_self() };
        config.chunk_size = step;
        CHECK(save(&old, file_in("file")) == DGEN_OK, "%s", files_error.message);
        CHECK(save_with(&config, file_in("file"), look, &w) == DGEN_OK, "%s", files_error.message);
        CHECK(w.calls == 6 && w.last == config.size, "%llu calls", (unsigned long long)w.calls);
        CHECK(file_holds(file_in("file"), &config), "the new file");
    }
    files_end();
}

/* ------------------------------------------------------------------------------------------------ pipes and devices */

struct reader {
    const char *path;
    const dgen_config *config;
    uint64_t at_most; /* bytes to read before closing; 0: all */
    int same;
};

static void *read_pipe(void *context)
{
    struct reader *r = context;
    int file = open(r->path, O_RDONLY);
    uint8_t bytes[100];
    if (!r->at_most) r->same = holds(file, r->config);
    for (uint64_t n = 0; n < r->at_most;) {
        ssize_t got = read(file, bytes, sizeof bytes);
        if (got <= 0) break;
        n += (uint64_t)got;
    }
    close(file);
    return NULL;
}

static dgen_status save_to_reader(const dgen_config *config, uint64_t at_most, int *same)
{
    struct reader r = { file_in("pipe"), config, at_most, 0 };
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, read_pipe, &r) == 0, "pthread_create");
    dgen_status status = save(config, files_path);
    pthread_join(thread, NULL);
    if (same) *same = r.same;
    return status;
}

static void pipes(void)
{
    static const uint64_t sizes[] = { 1, 70001, 10 * MEBIBYTE + 1 };
    files_begin("/tmp");
    CHECK(mkfifo(file_in("pipe"), 0600) == 0, "mkfifo");
    for (int i = 0; i < 3; i++) {
        int same = 0;
        dgen_config config = test_config(sizes[i], 50);
        config.chunk_size = i == 1 ? 1000 : MEBIBYTE;
        CHECK(save_to_reader(&config, 0, &same) == DGEN_OK, "%s", files_error.message);
        CHECK(same, "%llu bytes", (unsigned long long)sizes[i]);
    }
    CHECK(files_count("pipe", NULL, 0) == 1, "something is left");
    files_end();
}

/* A reader that goes away is an error; the signal that comes with it reaches nobody, and one that waits stays. */
static void broken_pipes(void)
{
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    files_begin("/tmp");
    CHECK(mkfifo(file_in("pipe"), 0600) == 0, "mkfifo");
    for (int i = 0; i < 4; i++) {
        int waits = i & 1, large = i & 2;
        dgen_config config = test_config(large ? 10 * MEBIBYTE : 500000, 51);
        if (!large) config.chunk_size = 1000;
        pthread_sigmask(waits ? SIG_BLOCK : SIG_UNBLOCK, &pipe, NULL);
        if (waits) raise(SIGPIPE);
        CHECK(save_to_reader(&config, 1000, NULL) == DGEN_EIO, "no error");
        CHECK(strstr(files_error.message, "Broken pipe"), "%s", files_error.message);
        sigpending(&pending);
        CHECK(sigismember(&pending, SIGPIPE) == waits, "SIGPIPE is%s pending", waits ? " not" : "");
        signal(SIGPIPE, SIG_IGN); /* discards it */
        signal(SIGPIPE, SIG_DFL);
    }
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
    files_end();
}

static void devices(void)
{
    static const uint64_t sizes[] = { 1, 100 * MEBIBYTE };
    for (int i = 0; i < 2; i++) {
        dgen_config config = test_config(sizes[i], 60);
        CHECK(save(&config, "/dev/null") == DGEN_OK, "%s", files_error.message);
        CHECK(save(&config, "/dev/full") == DGEN_EIO, "no error");
        CHECK(strstr(files_error.message, "\"/dev/full\"") && strstr(files_error.message, "No space left on device"),
              "%s", files_error.message);
    }
    struct stat is;
    CHECK(stat("/dev/null", &is) == 0 && S_ISCHR(is.st_mode), "/dev/null was replaced");
    CHECK(stat("/dev/full", &is) == 0 && S_ISCHR(is.st_mode), "/dev/full was replaced");
}

/* --------------------------------------------------------------------------------------------------------- messages */

static void refuses(const char *path, dgen_status want, const char *message)
{
    dgen_config config = test_config(3000, 70);
    dgen_status status = save(&config, path);
    CHECK(status == want && !strcmp(files_error.argument, "path"), "%s: %d, argument %s", path ? path : "NULL", status,
          files_error.argument);
    CHECK(!strcmp(files_error.message, message), "\"%s\"", files_error.message);
}

static void messages(void)
{
    char path[5000], message[600];
    refuses(NULL, DGEN_EINVAL, "path must be the name of a file, not empty");
    refuses("", DGEN_EINVAL, "path must be the name of a file, not empty");
    refuses("/tmp", DGEN_EIO, "path \"/tmp\" cannot be opened: Is a directory");
    refuses("/absent/file", DGEN_EIO, "path \"/absent/file\" cannot be opened: No such file or directory");
    refuses("/absent/", DGEN_EIO, "path \"/absent/\" cannot be opened: Is a directory");
    refuses("/dev/null/file", DGEN_EIO, "path \"/dev/null/file\" cannot be opened: Not a directory");
    memset(path, 'x', sizeof path);
    path[0] = '/', path[4999] = 0;
    snprintf(message, sizeof message, "path \"...%.300s\" cannot be opened: File name too long", path + 4999 - 300);
    refuses(path, DGEN_EIO, message);
}

int main(void)
{
    RUN(sizes_and_chunks);
    RUN(odd_objects);
    RUN(from_the_position);
    RUN(modes_and_owner);
    RUN(read_only);
    RUN(links);
    RUN(relative_path);
    RUN(long_names);
    RUN(progress_and_temporary);
    RUN(pipes);
    RUN(broken_pipes);
    RUN(devices);
    RUN(messages);
    return TEST_END();
}
