// See apache_server.h.
#include "apache_server.h"

#include <fmt/format.h>

#include <csignal>

namespace weir::e2e {
namespace {

/// What a distribution's apache2.conf says, for a folder of its own. The log of the virtual host is as in Debian's
/// first site. Started by root, Apache needs a user for its children; started by others, it keeps theirs.
std::string configuration(const std::string& folder, std::uint16_t port, const ApacheBlocks& blocks) {
  std::string text;
  for (const char* module : {"mpm_event", "authz_core", "alias", "remoteip"}) {
    text += fmt::format("LoadModule {}_module /usr/lib/apache2/modules/mod_{}.so\n", module, module);
  }
  return text +
         fmt::format(
             "ServerName localhost\nServerRoot {0}\nDefaultRuntimeDir {0}\nPidFile {0}/apache.pid\nMutex file:{0}\n"
             "ErrorLog /dev/stderr\nListen 127.0.0.1:{1}\nUser www-data\nGroup www-data\n"
             "{2}\n<VirtualHost *:{1}>\nServerName shop.example\nCustomLog {0}/other_access.log common\n{3}\n"
             "ErrorDocument 200 hello\nRedirectMatch 200 ^/\n</VirtualHost>\n",
             folder, port, blocks.server, blocks.host);
}

}  // namespace

Apache::Apache(const support::TemporaryFolder& folder, const ApacheBlocks& blocks)
    : WebServer(folder.path("apache.pid"), SIGTERM) {
  const std::string file = folder.write("apache.conf", configuration(folder.path("."), port(), blocks));
  start({"/usr/sbin/apache2", "-d", folder.path("."), "-f", file, "-DFOREGROUND"}, [this] { return listens(); });
}

}  // namespace weir::e2e
