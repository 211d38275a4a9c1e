// libavila_malloc.so under programs that were never compiled with it: real ones through their own
// work, a small one through the whole API, and deliberately broken ones in checking mode.
#include <gtest/gtest.h>
#include <avila_test/tools.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using avila_test::run_command;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define AVILA_SANITIZED 1
#endif
#endif

std::string library() {
  return std::filesystem::weakly_canonical(AVILA_BIN_DIR "/../lib/libavila_malloc.so").string();
}
/// `command` with this malloc, and AVILA_MALLOC=mode unless empty.
std::string preloaded(const std::string& command, const std::string& mode = "") {
  return "LD_PRELOAD=" + library() + (mode.empty() ? "" : " AVILA_MALLOC=" + mode) + " " + command;
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}
void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class Preload : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef AVILA_SANITIZED
    GTEST_SKIP() << "a sanitizer has a malloc of its own";
#else
    ASSERT_TRUE(std::filesystem::exists(library())) << library() << " was not built";
#endif
  }
  avila_test::TempDir folder_;
};

TEST_F(Preload, PythonDoesTheSameWork) {
  AVILA_REQUIRE_PROGRAM("python3");
  write_file(folder_ / "work.py", R"(
import hashlib, json, random, re, threading, zlib
random.seed(7)
def word():
    return ''.join(random.choice('abcdef') for _ in range(random.randrange(1, 200)))
words = [word() for _ in range(20000)]
tree = {w: {'n': i, 'l': list(range(i % 50))} for i, w in enumerate(words)}
text = json.dumps(tree, sort_keys=True)
assert json.loads(text) == tree
print(hashlib.sha256(text.encode()).hexdigest(), len(re.findall('abc+', text)))
big = bytearray(80_000_000); big[::4096] = b'x' * len(big[::4096]); print(zlib.crc32(big)); del big
out = [0] * 8
def work(n):
    rows = [bytes([n]) * (i % 3000) for i in range(20000)]
    out[n] = sum(len(r) for r in rows)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(out)
)");
  // PYTHONMALLOC=malloc: every object comes from malloc, not from Python's own pools.
  const std::string command = "PYTHONMALLOC=malloc python3 " + folder_ / "work.py";
  const auto plain = run_command(command + " 2>&1");
  ASSERT_EQ(plain.status, 0) << plain.out;
  const auto ours = run_command("export PYTHONMALLOC=malloc; " +
                                preloaded("python3 " + folder_ / "work.py") + " 2>&1");
  EXPECT_EQ(ours.status, 0);
  EXPECT_EQ(ours.out, plain.out);
}

TEST_F(Preload, GitDoesTheSameWork) {
  AVILA_REQUIRE_PROGRAM("git");
  write_file(folder_ / "work.sh", R"(set -e
cd "$1"; git init -q -b main .; git config user.name a; git config user.email a@example.org
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
for i in 1 2 3 4 5; do
  for k in $(seq 40); do seq $((i * k)) $((i * k + 400)) > file$k; done
  git add -A; git commit -q -m "commit $i"
done
git checkout -q -b side HEAD~2; seq 5000 > other; git add -A; git commit -q -m side
git checkout -q main; git merge -q --no-edit side
git gc -q --aggressive; git fsck --full --strict; git log --stat --format=%H; git diff HEAD~3
git blame -l file7; git rev-parse HEAD^{tree}
)");
  std::filesystem::create_directory(folder_ / "a");
  std::filesystem::create_directory(folder_ / "b");
  const auto plain = run_command("sh " + folder_ / "work.sh" + " " + folder_ / "a" + " 2>&1");
  ASSERT_EQ(plain.status, 0) << plain.out;
  const auto ours =
      run_command(preloaded("sh " + folder_ / "work.sh" + " " + folder_ / "b") + " 2>&1");
  EXPECT_EQ(ours.status, 0) << ours.out;
  EXPECT_EQ(ours.out, plain.out);
  EXPECT_GT(ours.out.size(), 10000U);
}

TEST_F(Preload, CMakeDoesTheSameWork) {
  AVILA_REQUIRE_PROGRAM("cmake");
  write_file(folder_ / "work.cmake", R"(
set(all "")
foreach(i RANGE 3000)
  string(SHA256 h "${i}")
  list(APPEND all "${h}")
  string(REGEX REPLACE "[0-9]+" "<\\0>" marked "${h}")
  set(v_${i} "${marked};${marked}")
endforeach()
list(SORT all)
list(REMOVE_DUPLICATES all)
string(JOIN "," text ${all})
file(WRITE "${OUT}" "${text}")
file(SHA256 "${OUT}" sum)
string(JSON doc SET "{}" "key" "[1,2,{\"a\":\"b\"}]")
message(NOTICE "${sum} ${doc} ${v_77}")
)");
  const std::string script =
      "cmake -DOUT=" + folder_ / "out" + " -P " + folder_ / "work.cmake" + " 2>&1";
  const auto plain = run_command(script);
  ASSERT_EQ(plain.status, 0) << plain.out;
  const auto ours = run_command(preloaded(script));
  EXPECT_EQ(ours.status, 0);
  EXPECT_EQ(ours.out, plain.out);
}

TEST_F(Preload, TheCompilerMakesTheSameObject) {
  AVILA_REQUIRE_PROGRAM("g++");
  write_file(folder_ / "a.cpp",
             "#include <map>\n#include <string>\nstd::map<std::string, int> m;\n"
             "int f(const char* s) { return ++m[s]; }\n");
  const std::string compile = "g++ -std=c++20 -O2 -c " + folder_ / "a.cpp" + " -o ";
  ASSERT_EQ(run_command(compile + folder_ / "plain.o").status, 0);
  const auto ours = run_command(preloaded(compile + folder_ / "ours.o") + " 2>&1");
  EXPECT_EQ(ours.status, 0) << ours.out;
  EXPECT_EQ(run_command("cmp " + folder_ / "plain.o" + " " + folder_ / "ours.o").status, 0);
}

TEST_F(Preload, TheWholeApiKeepsItsContracts) {
  AVILA_REQUIRE_PROGRAM("g++");
  write_file(folder_ / "api.cpp", R"(
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <new>
#define CHECK(x) \
  do { \
    if (!(x)) { \
      printf("line %d: %s (errno %d)\n", __LINE__, #x, errno); \
      ++failed; \
    } \
  } while (0)
static int failed;
template <class T> static T opaque(T v) { volatile T x = v; return x; }
struct alignas(256) Wide { char c[256]; };
int handler_calls;
void handler() { if (++handler_calls == 3) std::set_new_handler(nullptr); }
int main() {
  const size_t max = opaque(SIZE_MAX);
  void* p = malloc(0); void* q = malloc(0);
  CHECK(p && q && p != q); free(p); free(q); free(nullptr);
  errno = 0; CHECK(!malloc(max) && errno == ENOMEM);
  errno = 0; CHECK(!calloc(max / 2, 4) && errno == ENOMEM);
  errno = 0; CHECK(!reallocarray(nullptr, max / 2, 4) && errno == ENOMEM);
  p = calloc(1000, 3); for (int i = 0; i < 3000; ++i) CHECK(((char*)p)[i] == 0);
  CHECK(malloc_usable_size(p) >= 3000); CHECK(malloc_usable_size(nullptr) == 0);
  memset(p, 5, 3000); p = realloc(p, 300000); CHECK(((char*)p)[2999] == 5);
  CHECK(realloc(p, 0) == nullptr); CHECK((p = realloc(nullptr, 10)) != nullptr); free(p);
  errno = 77; CHECK(posix_memalign(&p, 3, 8) == EINVAL && errno == 77);
  CHECK(posix_memalign(&p, 4, 8) == EINVAL);
  CHECK(posix_memalign(&p, 64, max - 100) == ENOMEM && errno == 77);
  CHECK(posix_memalign(&p, 4096, 10) == 0 && (uintptr_t)p % 4096 == 0); free(p);
  errno = 0; CHECK(!aligned_alloc(opaque(size_t{24}), 8) && errno == EINVAL);
  p = aligned_alloc(1 << 20, 1 << 20); CHECK(p && (uintptr_t)p % (1 << 20) == 0); free(p);
  p = memalign(128, 1); CHECK((uintptr_t)p % 128 == 0); free(p);
  p = valloc(1); CHECK((uintptr_t)p % 4096 == 0); free(p);
  p = pvalloc(4097); CHECK((uintptr_t)p % 4096 == 0 && malloc_usable_size(p) >= 8192); free(p);
  errno = 5; free(malloc(50000000)); CHECK(errno == 5);
  Wide* w = new Wide[3]; CHECK((uintptr_t)w % 256 == 0); delete[] w;
  int* n = new (std::nothrow) int; delete n; operator delete(operator new(40), size_t{40});
  CHECK(operator new(max, std::nothrow) == nullptr);
  bool thrown = false; std::set_new_handler(handler);
  try { (void)operator new(max - 64); } catch (const std::bad_alloc&) { thrown = true; }
  CHECK(thrown && handler_calls == 3);
  CHECK(malloc_trim(0) == 1);
  rlimit limit{300 << 20, 300 << 20}; CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  size_t got = 0; void* chain = nullptr; errno = 0;
  while (void** block = (void**)malloc(100000)) { *block = chain; chain = block; got += 100000; }
  CHECK(errno == ENOMEM); CHECK(got > (150u << 20));
  CHECK(!malloc(64 << 20)); CHECK(!calloc(1, 64 << 20));
  while (chain) { void* next = *(void**)chain; free(chain); chain = next; }
  CHECK((p = malloc(20 << 20)) != nullptr); free(p);
  puts(failed ? "failed" : "good");
  return failed;
}
)");
  const auto built =
      run_command("g++ -std=c++20 -O1 -w " + folder_ / "api.cpp" + " -o " + folder_ / "api 2>&1");
  ASSERT_EQ(built.status, 0) << built.out;
  const auto ours = run_command(preloaded(folder_ / "api") + " 2>&1");
  EXPECT_EQ(ours.status, 0);
  EXPECT_EQ(ours.out, "good\n");
}

TEST_F(Preload, NeedsNothingButTheCLibraryAndShowsOnlyMalloc) {
  AVILA_REQUIRE_PROGRAM("readelf");
  const auto needed = run_command("readelf -d " + library() + " | grep NEEDED");
  EXPECT_EQ(count(needed.out, "NEEDED"), 1U) << needed.out;
  EXPECT_TRUE(contains(needed.out, "libc.so"));
  const auto shown = run_command("readelf -W --dyn-syms " + library());
  EXPECT_TRUE(contains(shown.out, " malloc_usable_size"));
  EXPECT_FALSE(contains(shown.out, "avila"));
}

TEST_F(Preload, TheStaticLibraryTakesTheCLibrarysPlace) {
  AVILA_REQUIRE_PROGRAM("g++");
  write_file(folder_ / "linked.cpp", R"(
#include <stdio.h>
#include <stdlib.h>
#include <string>
int main() {
  void* p = malloc(100);
  std::string s(5000, 'x');
  char* line = nullptr;
  printf("%d\n", asprintf(&line, "%s", s.c_str()));  // the C library's own calls come here too
  free(line);
  free(p);
}
)");
  const std::string lib = std::filesystem::path(library()).parent_path().string();
  const auto built = run_command("g++ -w " + folder_ / "linked.cpp" + " " + lib +
                                 "/libavila_malloc_static.a " + lib + "/libavila_alloc.a " + lib +
                                 "/libavila_error.a -o " + folder_ / "linked 2>&1");
  ASSERT_EQ(built.status, 0) << built.out;
  const auto run = run_command("AVILA_MALLOC=stats " + folder_ / "linked 2>&1");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.out, "5000\n")) << run.out;
  EXPECT_TRUE(contains(run.out, "avila_malloc: blocks up to 8192 bytes: ")) << run.out;
}

TEST_F(Preload, StatsArePrintedAtExit) {
  const auto run = run_command(preloaded("/bin/echo hello", "stats") + " 2>&1");
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(contains(run.out, "hello\n"));
  for (const char* line : {"avila_malloc: allocations ", "avila_malloc: frees ",
                           "avila_malloc: peak in use ", "avila_malloc: peak mapped "})
    EXPECT_TRUE(contains(run.out, line)) << run.out;
}

class Checking : public Preload {
 protected:
  static void SetUpTestSuite() {  // one program for all of them
    shared_ = new avila_test::TempDir;
    if (!avila_test::have_program("g++")) return;
    write_file(*shared_ / "broken.cpp", R"(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <sys/wait.h>
#define PLACE __attribute__((noinline, noclone))
struct Node { Node* next; char data[56]; };
static Node* kept;
// `static`: not among the dynamic symbols, so only .symtab knows these names.
#define STAY asm volatile("" ::: "memory")
PLACE static char* makes_the_block(size_t n) {
  char* p = (char*)malloc(n);
  p[0] = 1;
  asm volatile("" : : "r"(p) : "memory");
  return p;
}
PLACE static void writes_past_the_end(char* p, size_t n) { memset(p, 1, n); STAY; }
PLACE static void writes_before_the_start(char* p) { ((volatile char*)p)[-1] = 1; STAY; }
PLACE static void frees_it(char* p) { free(p); STAY; }
PLACE static void frees_it_again(char* p) { free(p); STAY; }
PLACE static void loses_blocks() { for (int i = 0; i < 20; ++i) makes_the_block(777); }
PLACE static void keeps_a_list() {
  for (int i = 0; i < 20; ++i) {
    Node* n = (Node*)malloc(sizeof(Node));
    n->next = kept;
    kept = n;
  }
}
namespace space {
struct Deep {
  PLACE void member(std::string s) {
    char* p = makes_the_block(s.size());
    frees_it(p + 1);
    frees_it(p);
    STAY;
  }
};
}
int main(int, char** argv) {
  const std::string what = argv[1];
  char* p = makes_the_block(40);
  if (what == "overflow") { writes_past_the_end(p, 41); frees_it(p); }
  if (what == "overflow-live") { writes_past_the_end(p, 70); static char* keep; keep = p; }
  if (what == "underflow") { writes_before_the_start(p); frees_it(p); }
  if (what == "double-free") { frees_it(p); frees_it_again(p); }
  if (what == "use-after-free") { frees_it(p); writes_past_the_end(p, 3); }
  if (what == "leak") { frees_it(p); loses_blocks(); keeps_a_list(); }
  if (what == "invalid") { int local; frees_it((char*)&local); frees_it(p); }
  if (what == "interior") { space::Deep().member(std::string(100, 'x')); frees_it(p); }
  if (what == "mismatch") { delete p; }
  if (what == "realloc-freed") { frees_it(p); void* volatile q = realloc(p, 100); (void)q; }
  if (what == "clean") {
    std::thread t([] {
      for (int i = 0; i < 3000; ++i) { std::string s(1 + i % 5000, 'x'); s += s; }
    });
    t.join();
    char* big = makes_the_block(30 << 20); big = (char*)realloc(big, 60 << 20); frees_it(big);
    if (fork() == 0) { frees_it(makes_the_block(10)); _exit(0); }
    int status = 1; wait(&status); frees_it(p); keeps_a_list(); if (status) return 3;
  }
  puts("ran to its end");
}
)");
    built_ = run_command("g++ -std=c++20 -O1 -w -pthread " + *shared_ / "broken.cpp" + " -o " +
                         *shared_ / "broken 2>&1");
  }
  static void TearDownTestSuite() {
    delete shared_;
    shared_ = nullptr;
  }
  void SetUp() override {
    Preload::SetUp();
    if (IsSkipped()) return;
    AVILA_REQUIRE_PROGRAM("g++");
    ASSERT_EQ(built_.status, 0) << built_.out;
  }
  std::string report(const std::string& what, const std::string& mode = "check") {
    const auto run = run_command(preloaded(*shared_ / "broken " + what, mode) + " 2>&1");
    status_ = run.status;
    return run.out;
  }
  int status_ = -1;
  static inline avila_test::TempDir* shared_ = nullptr;
  static inline avila_test::CommandResult built_;
};

TEST_F(Checking, ACleanProgramGetsACleanReport) {
  const std::string text = report("clean");
  EXPECT_EQ(status_, 0);
  EXPECT_TRUE(contains(text, "avila_malloc: 0 errors; 0 bytes lost in 0 blocks")) << text;
  EXPECT_TRUE(contains(text, "ran to its end"));
}

TEST_F(Checking, Overflow) {
  const std::string text = report("overflow");
  EXPECT_TRUE(contains(text, "heap overflow: byte 0 behind the end")) << text;
  EXPECT_TRUE(contains(text, "block of 40 bytes"));
  EXPECT_TRUE(contains(text, "frees_it"));
  EXPECT_TRUE(contains(text, "makes_the_block"));
  EXPECT_TRUE(contains(text, "avila_malloc: 1 errors"));
  EXPECT_TRUE(contains(report("overflow-live"), "noticed at exit"));
}

TEST_F(Checking, Underflow) {
  const std::string text = report("underflow");
  EXPECT_TRUE(contains(text, "heap underflow")) << text;
  EXPECT_TRUE(contains(text, "makes_the_block"));
}

TEST_F(Checking, DoubleFreeNamesAllThreePlaces) {
  const std::string text = report("double-free");
  const auto error = text.find("double free"), again = text.find("frees_it_again"),
             made = text.find("makes_the_block");
  EXPECT_LT(error, again) << text;
  EXPECT_LT(again, text.find("frees_it(", again + 20));
  EXPECT_LT(again, made);
  EXPECT_NE(made, std::string::npos);
  EXPECT_TRUE(contains(text, "ran to its end"));  // it goes on
}

TEST_F(Checking, UseAfterFree) {
  const std::string text = report("use-after-free");
  EXPECT_TRUE(contains(text, "use after free: byte 0 was written")) << text;
  EXPECT_TRUE(contains(text, "frees_it"));
  EXPECT_TRUE(contains(text, "makes_the_block"));
}

TEST_F(Checking, LeaksButNotWhatIsStillReachable) {
  const std::string text = report("leak");
  EXPECT_TRUE(contains(text, "avila_malloc: leak: ")) << text;
  EXPECT_TRUE(contains(text, "loses_blocks"));
  EXPECT_FALSE(contains(text, "keeps_a_list"));
  EXPECT_TRUE(contains(text, "0 errors; "));
}

TEST_F(Checking, InvalidFrees) {
  EXPECT_TRUE(contains(report("invalid"), "which is no block of this heap"));
  const std::string text = report("interior");
  EXPECT_TRUE(contains(text, "lies inside of a block of 100 bytes")) << text;
  EXPECT_TRUE(contains(text, "space::Deep::member("));  // demangled
  EXPECT_TRUE(contains(report("mismatch"), "allocated by malloc / free, freed by operator new"));
  EXPECT_TRUE(contains(report("realloc-freed"), "double free"));
}

TEST_F(Checking, AbortsOnRequest) {
  const std::string text = report("double-free", "check,abort");
  EXPECT_NE(status_, 0);
  EXPECT_TRUE(contains(text, "double free")) << text;
  EXPECT_FALSE(contains(text, "ran to its end"));
}

TEST_F(Checking, PythonRunsCleanly) {
  AVILA_REQUIRE_PROGRAM("python3");
  const std::string code =
      "python3 -c 'import json; print(len(json.dumps([str(i) * 9 for i in range(3000)])))'";
  const auto plain = run_command(code);
  const auto ours = run_command("export PYTHONMALLOC=malloc; " + preloaded(code, "check") + " 2>" +
                                folder_ / "report");
  EXPECT_EQ(ours.status, 0);
  EXPECT_EQ(ours.out, plain.out);
  EXPECT_FALSE(contains(run_command("cat " + folder_ / "report").out, "error:"));
}

}  // namespace
