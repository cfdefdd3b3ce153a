/* What the tests of files share: folders to work in, saves, and comparing a file with the bytes it should hold. */
#ifndef DGEN_TEST_FILES_H
#define DGEN_TEST_FILES_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "test.h"

enum { MEBIBYTE = 1 << 20 };

static char files_folder[128], files_path[512];
static dgen_error files_error;

/* Makes an empty folder under `parent` to work in; `file_in` names files in it. */
static void files_begin(const char *parent)
{
    snprintf(files_folder, sizeof files_folder, "%s/dgen-test-XXXXXX", parent);
    if (!mkdtemp(files_folder)) {
        perror(files_folder);
        exit(1);
    }
}

/* 100 MiB, or less where the folder's disk has no room for an old and a new file of that size: containers are often
   given 64 MiB of /dev/shm. */
__attribute__((unused)) static uint64_t files_large(void)
{
    struct statvfs disk;
    uint64_t large = 100 * MEBIBYTE, room = statvfs(files_folder, &disk) ? 0 : (uint64_t)disk.f_bavail * disk.f_frsize;
    if (room / 3 >= large) return large;
    printf("  %s: %llu bytes at once instead of 100 MiB\n", files_folder, (unsigned long long)room / 3);
    return room / 3;
}

/* The path of a file in the folder; valid until the next call. */
static const char *file_in(const char *name)
{
    snprintf(files_path, sizeof files_path, "%s/%s", files_folder, name);
    return files_path;
}

/* How many entries the folder has; `other` (may be NULL) gets the name of one that is not `name`. */
__attribute__((unused)) static int files_count(const char *name, char *other, size_t other_bytes)
{
    int count = 0;
    DIR *folder = opendir(files_folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        count++;
        if (other && strcmp(entry->d_name, name)) snprintf(other, other_bytes, "%s", entry->d_name);
    }
    if (folder) closedir(folder);
    return count;
}

/* Removes the folder and what is in it. */
static void files_end(void)
{
    DIR *folder = opendir(files_folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder) closedir(folder);
    rmdir(files_folder);
}

static dgen_generator *open_generator(const dgen_config *config)
{
    dgen_generator *generator = NULL;
    dgen_status status = dgen_generator_open(&generator, config, &files_error);
    CHECK(status == DGEN_OK, "%s", files_error.message);
    return generator;
}

/* Writes the object of a config to path; checks what must hold after any call. */
static dgen_status save_with(const dgen_config *config, const char *path, dgen_progress progress, void *context)
{
    uint64_t written = UINT64_MAX;
    dgen_generator *generator = open_generator(config);
    memset(&files_error, 0, sizeof files_error);
    dgen_status status = dgen_generator_write_file(generator, path, progress, context, &written, &files_error);
    uint64_t position = dgen_generator_position(generator);
    dgen_generator_close(generator);
    if (status == DGEN_OK) {
        CHECK(written == config->size - config->offset, "%llu written", (unsigned long long)written);
        CHECK(position == config->size, "position %llu", (unsigned long long)position);
    } else {
        CHECK(written == UINT64_MAX && position == config->offset, "position %llu", (unsigned long long)position);
        CHECK(files_error.code == status && files_error.message[0], "message \"%s\"", files_error.message);
    }
    CHECK(dgen_live_bytes() == 0, "%llu bytes are held", (unsigned long long)dgen_live_bytes());
    return status;
}

static dgen_status save(const dgen_config *config, const char *path) { return save_with(config, path, NULL, NULL); }

/* Reads a descriptor to its end and says whether it holds the object of the config and no more. */
__attribute__((unused)) static int holds(int file, const dgen_config *config)
{
    enum { BYTES = MEBIBYTE };
    static _Thread_local uint8_t got[BYTES], want[BYTES];
    uint64_t at = config->offset;
    for (;;) {
        ssize_t n = read(file, got, BYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0 && at == config->size;
        if ((uint64_t)n > config->size - at) return 0;
        if (dgen_fill_at(want, (uint64_t)n, config, at, NULL) != DGEN_OK || memcmp(got, want, (size_t)n)) return 0;
        at += (uint64_t)n;
    }
}

__attribute__((unused)) static int file_holds(const char *path, const dgen_config *config)
{
    int file = open(path, O_RDONLY);
    int same = file >= 0 && holds(file, config);
    if (file >= 0) close(file);
    return same;
}

#endif
