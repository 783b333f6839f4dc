// The Debian package and the service: built from the program under test, looked at by Debian's and systemd's own tools,
// unpacked and used.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "running_server.h"
#include "support/files.h"
#include "support/sanitized.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

namespace fs = std::filesystem;
using support::ChildProcess;
using support::ProcessResult;
using support::run_process;
using support::TemporaryFolder;

/// What cpack makes of the build directory of the program; the path of the package, empty when it failed.
std::string build_package(const TemporaryFolder& folder) {
  const fs::path build = fs::path(kProgram).parent_path();
  const ProcessResult built =
      run_process({"cpack", "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", folder.path("out")});
  EXPECT_EQ(built.exit_code, 0) << built.output << built.log;
  if (built.exit_code != 0) return "";
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path("out"))) {
    if (entry.path().extension() == ".deb") return entry.path();
  }
  ADD_FAILURE() << "no package: " << built.output;
  return "";
}

std::string unit_path() { return support::source_folder() / "config/weir.service"; }

TEST(Package, is_clean_and_works_where_it_is_unpacked) {
  if (support::kSanitized) GTEST_SKIP() << "nobody packages a program with sanitizers";
  const TemporaryFolder folder;
  const std::string package = build_package(folder);
  ASSERT_NE(package, "");

  const ProcessResult lint = run_process({"lintian", "--fail-on", "error,warning", package});
  EXPECT_EQ(lint.exit_code, 0) << lint.output << lint.log;
  EXPECT_EQ(lint.output, "");

  const std::string root = folder.path("root");
  ASSERT_EQ(run_process({"dpkg-deb", "--extract", package, root}).exit_code, 0);
  ASSERT_EQ(run_process({"dpkg-deb", "--control", package, folder.path("control")}).exit_code, 0);
  EXPECT_EQ(support::read_whole_file(folder.path("control/conffiles")), "/etc/weir/weir.yaml\n");
  for (const char* script : {"postinst", "prerm", "postrm"}) {
    EXPECT_EQ(run_process({"sh", "-n", folder.path("control/" + std::string(script))}).exit_code, 0) << script;
  }
  for (const char* file : {"lib/systemd/system/weir.service", "usr/share/man/man1/weir.1.gz",
                           "usr/share/man/man5/weir.yaml.5.gz", "usr/share/bash-completion/completions/weir",
                           "usr/share/zsh/vendor-completions/_weir", "usr/share/fish/vendor_completions.d/weir.fish",
                           "usr/share/doc/weir/copyright", "usr/share/doc/weir/examples/demo.yaml"}) {
    EXPECT_GT(fs::file_size(root + "/" + file), 0U) << file;
  }
  const std::string program = root + "/usr/bin/weir";
  const ProcessResult checked = run_process({program, "check", root + "/etc/weir/weir.yaml"});
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.log;
  EXPECT_EQ(support::replaced(support::read_whole_file(root + "/etc/weir/weir.yaml"),
                              "\n  directory: /var/lib/weir/state\n", "\n  directory: off\n"),
            support::read_whole_file(support::source_folder() / "config/weir.yaml"))
      << "a service keeps its state; all else is as documented";
  EXPECT_NE(support::read_whole_file(unit_path()).find("\nStateDirectory=weir\n"), std::string::npos);
  const ProcessResult replayed = run_process({program, "replay", "--json", "-q", "-"},
                                             R"({"type":"page_view","url":"/","visitor":"v","ts":1700000000})");
  EXPECT_EQ(nlohmann::json::parse(replayed.output)["events"]["counted"], 1) << replayed.log;
}

TEST(Service, is_hardened) {
  // In tenths of systemd's scale, on which 100 is a service that may do everything.
  const ProcessResult result =
      run_process({"systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit_path()});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.log;
}

TEST(Service, is_a_unit_systemd_understands) {
  const TemporaryFolder folder;
  std::string unit = support::read_whole_file(unit_path());
  for (std::size_t at = unit.find("/usr/bin/weir"); at != std::string::npos; at = unit.find("/usr/bin/weir")) {
    unit.replace(at, std::string_view("/usr/bin/weir").size(), kProgram);
  }
  const ProcessResult result = run_process(
      {"systemd-analyze", "verify", "--man=no", "--recursive-errors=no", folder.write("weir.service", unit)});
  EXPECT_EQ(result.output + result.log, "");
  EXPECT_EQ(result.exit_code, 0);
}

TEST(Dockerfile, names_files_and_a_user_that_exist) {
  const std::string text = support::read_whole_file(support::source_folder() / "grafana/Dockerfile");
  const std::string postinst = support::read_whole_file(support::source_folder() / "config/debian/postinst");
  EXPECT_NE(text.find("COPY scripts/install_packages "), std::string::npos);
  EXPECT_TRUE(fs::exists(support::source_folder() / "scripts/install_packages"));
  EXPECT_NE(text.find("\nUSER weir\n"), std::string::npos);
  EXPECT_NE(postinst.find(" weir\n"), std::string::npos) << "which the package makes";
  EXPECT_NE(text.find("HEALTHCHECK"), std::string::npos);
  EXPECT_NE(text.find("install -d -o weir -g weir -m 0750 /var/lib/weir"), std::string::npos) << "no systemd makes it";
  for (const char* installed : {"/usr/bin/weir", "/etc/weir/weir.yaml"}) {
    EXPECT_NE(text.find(installed), std::string::npos) << installed;
  }
}

/// The socket of a service manager.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0) << path;
  }
  ~NotifySocket() { ::close(descriptor_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// The next datagram, as long as the process lives.
  std::string next(ChildProcess& process) const {
    std::array<char, 256> text{};
    ssize_t size = -1;
    process.wait_until([&] {
      size = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
      return size >= 0;
    });
    return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
  }
  /// The next one that is no sign of life.
  std::string next_state(ChildProcess& process) const {
    std::string state;
    do {
      state = next(process);
    } while (state == "WATCHDOG=1");
    return state;
  }

 private:
  int descriptor_;
};

TEST(Service, tells_the_service_manager_what_it_does_and_that_it_lives) {
  const TemporaryFolder folder;
  const NotifySocket manager(folder.path("notify"));
  const std::string config = folder.write("weir.yaml",
                                          "sources: {http: {listen: \"127.0.0.1:0\"}}\n"
                                          "admin: {listen: \"127.0.0.1:0\"}\n"
                                          "pipeline: {publish_interval: 10ms}\n");
  ChildProcess process(
      {"env", "NOTIFY_SOCKET=" + folder.path("notify"), "WATCHDOG_USEC=300000", kProgram, "serve", "--config", config});
  EXPECT_EQ(manager.next(process), "READY=1");
  EXPECT_EQ(manager.next(process), "WATCHDOG=1");
  EXPECT_EQ(manager.next(process), "WATCHDOG=1");
  process.signal(SIGHUP);
  EXPECT_EQ(manager.next_state(process), "RELOADING=1");
  EXPECT_EQ(manager.next_state(process), "READY=1");
  process.signal(SIGTERM);
  EXPECT_EQ(manager.next_state(process), "STOPPING=1");
  EXPECT_EQ(process.wait_for_exit(), 0);
}

TEST(Service, goes_on_when_the_service_manager_cannot_be_reached) {
  const TemporaryFolder folder;
  const std::string config = folder.write("weir.yaml",
                                          "sources: {http: {listen: \"127.0.0.1:0\"}}\n"
                                          "admin: {listen: \"127.0.0.1:0\"}\n");
  ChildProcess process({"env", "NOTIFY_SOCKET=" + folder.path("nobody"), kProgram, "serve", "--config", config});
  EXPECT_NE(process.wait_for_log_line("could not be told READY=1"), "");
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait_for_exit(), 0);
}

}  // namespace
}  // namespace weir::e2e
