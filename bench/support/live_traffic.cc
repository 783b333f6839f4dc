#include "live_traffic.h"

#include <fmt/format.h>

#include <iterator>

#include "weir/session/options.h"

namespace weir::bench {
namespace {

constexpr std::size_t kRunBytes = 64 * 1024;
constexpr std::size_t kLongestLine = 512;
constexpr std::size_t kPages = 40;
constexpr TimeMs kStartMs = 1'767'225'600'000;

}  // namespace

std::string_view LiveTraffic::next(std::size_t most) {
  text_.clear();
  while (most-- > 0 && text_.size() + kLongestLine < kRunBytes) {
    const std::uint64_t chance = random_();
    const std::uint64_t visitor = events_ < sessions_ ? events_ : chance % sessions_;
    const TimeMs time_ms = kStartMs + static_cast<TimeMs>(events_ / kEventsPerMs);
    fmt::format_to(std::back_inserter(text_),
                   R"({{"type":"page_view","ts":{},"visitor":"visitor-{}","id":"{:x}","site":"shop.example.com",)"
                   R"("url":"https://shop.example.com/product/{}","referrer":"https://www.google.com/",)"
                   R"("status":200,"device":"desktop"}})"
                   "\n",
                   time_ms, visitor, events_, (chance >> 40) % kPages);
    ++events_;
  }
  return text_;
}

bool LiveTraffic::all_live() const { return static_cast<TimeMs>(events_ / kEventsPerMs) < SessionOptions{}.timeout_ms; }

}  // namespace weir::bench
