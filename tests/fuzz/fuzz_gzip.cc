#include <zlib.h>

#include <algorithm>

#include "fuzz/fuzz.h"
#include "io/gzip.h"

using namespace fovea;

// Reads twice, in pieces and as a whole: both ways must agree, and no more may come than the stream promised.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kMaxBytes = 1 << 16;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const size_t piece = size == 0 ? 1 : 1 + data[size - 1];
  fuzz::blame_the_file([&] {
    const auto whole = io::read_all(*io::open_stream(io::memory_source(bytes, "input")), kMaxBytes);
    const auto stream = io::open_stream(io::memory_source(bytes, "input"));
    fuzz::promise(whole.size() <= kMaxBytes && whole.size() <= stream->most_bytes());
    std::vector<std::byte> part(piece);
    size_t done = 0;
    for (size_t got = piece; got == piece; done += got) {
      got = stream->read(part);
      fuzz::promise(got <= whole.size() - done &&
                    std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got),
                               whole.begin() + static_cast<std::ptrdiff_t>(done)));
    }
    fuzz::promise(done == whole.size());
  });
  return 0;
}

static std::string packed(const std::string& text, int level) {
  z_stream z{};
  fuzz::promise(deflateInit2(&z, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  fuzz::promise(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::vector<std::string> fuzz::seeds() {
  const std::string text = "some text, some more text, and some text again";
  return {text,
          packed(text, 9),
          packed(text, 0),
          packed("", 6),
          packed(text, 1) + packed("x", 9),
          packed(std::string(200'000, 'a'), 9)};
}
