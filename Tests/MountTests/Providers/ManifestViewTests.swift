import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

/// A mounted view of a web server's files.
@Suite("A view of a manifest on a web server", .enabled(if: Availability.fuse, "FUSE is not available"))
struct ManifestViewTests {
  private let home: TemporaryDirectory
  private let tree: String
  private let server: WebServer

  init() throws {
    home = try TemporaryDirectory()
    tree = try home.makeDirectory("tree")
    server = try WebServer(serving: home.path)
    try home.write("tree/README", "# sample\n")
    try home.write("tree/other", "other\n")
    try makeManifest()
  }

  private func makeManifest() throws {
    try WebServer.makeManifest(of: tree, at: home.path + "/manifest.json", ["--base", "tree/"])
  }

  private func mount(_ source: String) throws -> MountedView {
    try MountedView(source, in: home, options: ["--provider", "http"])
  }

  @Test("User, password and query are shown nowhere, and are there again after a remount")
  func credentials() throws {
    let secrets = ["hidden-user", "hidden-word", "hidden-key"]
    let source = "http://hidden-user:hidden-word@127.0.0.1:\(server.port)/manifest.json?key=hidden-key"
    let view = try mount(source)
    for _ in 0..<2 {
      #expect(try view.text("README") == "# sample\n")
      let status = try view.status
      #expect(status.source == server.url("manifest.json"))
      let state = try view.stateDirectory
      let shown = [
        try view.projfs.succeed("status", view.path), try view.projfs.succeed("status", "--json", view.path),
        try view.projfs.succeed("list"), try view.projfs.succeed("list", "--json"),
        String(decoding: try FileCalls.contents("/proc/\(status.pid)/cmdline"), as: UTF8.self),
        String(decoding: try FileCalls.contents("/proc/mounts"), as: UTF8.self),
        String(decoding: try FileCalls.contents(state + "/log"), as: UTF8.self),
      ]
      for secret in secrets { #expect(!shown.contains { $0.contains(secret) }, "\(secret)") }
      #expect(try FileCalls.status(state + "/view.json").st_mode & 0o777 == 0o600)
      try view.projfs.succeed("unmount", view.path)
      try view.projfs.succeed("mount", view.path)
    }
    let requests = try server.requests()
    #expect(requests.count > 3 && requests.allSatisfy { $0.hasSuffix("Basic aGlkZGVuLXVzZXI6aGlkZGVuLXdvcmQ=") })
  }

  @Test("Nor are they in the foreground")
  func foreground() throws {
    let mountpoint = try home.makeDirectory("view")
    var output = try Pipe()
    let process = try Subprocess.spawn(
      [
        "env", "XDG_STATE_HOME=\(home.path)/state", Projfs.executable, "mount", "--foreground", "--provider", "http",
        "http://hidden-user:hidden-word@127.0.0.1:\(server.port)/manifest.json?key=hidden-key", mountpoint,
      ], output: output.writeEnd, errors: nil)
    try output.closeWriteEnd()
    var line = [UInt8](repeating: 0, count: 4096)
    let count = try FileCalls.retrying { Glibc.read(output.readEnd, &line, line.count) }
    #expect(String(decoding: line[..<count], as: UTF8.self).hasPrefix("mounted \(server.url("manifest.json")) at"))
    let arguments = String(decoding: try FileCalls.contents("/proc/\(process)/cmdline"), as: UTF8.self)
    #expect(arguments.contains(server.url("manifest.json")) && !arguments.contains("hidden"), "\(arguments)")
    #expect(try FileCalls.contents(mountpoint + "/README") == Array("# sample\n".utf8))
    kill(process, SIGTERM)
    #expect(try Subprocess.wait(for: process) == 0)
    #expect(try server.requests().allSatisfy { $0.contains("Basic ") })
  }

  @Test("A file that its server has changed is never shown half old, and a new manifest is shown without a new mount")
  func newManifest() throws {
    let view = try mount(server.url("manifest.json"))
    #expect(try view.text("other") == "other\n")
    // Of the same size, and not what the manifest says.
    try home.write("tree/README", "# damage\n")
    #expect(throws: Errno.ioError) { _ = try view.read("README") }
    // Who wants what is no more has the manifest looked at.
    try makeManifest()
    eventually("the new version is shown") { (try? view.text("README")) == "# damage\n" }
    #expect(try view.text("other") == "other\n")
    #expect(try view.projfs.succeed("doctor", view.path) == "nothing is wrong\n")
  }

  @Test(
    "By https only a server is believed that somebody known vouches for",
    .enabled(if: Availability.root, "vouching for a server needs root"))
  func certificates() throws {
    let certificate = home.path + "/certificate"
    let secure = try WebServer(serving: home.path, certificate: WebServer.makeCertificate(at: certificate))
    let source = "https://127.0.0.1:\(secure.port)/manifest.json"
    let place = try home.makeDirectory("place")
    let mount = ["mount", source, place, "--provider", "http"]
    let refused = try Projfs(home: home).run(mount)
    #expect(refused.exitCode == 66 && refused.errors.contains("CERTIFICATE_VERIFY_FAILED"), "\(refused.errors)")
    #expect(refused.errors.contains("certificate is not trusted") && refused.errors.contains(source))
    // In a mount namespace of their own, the view and what the machine believes.
    let script = """
      mount --bind "$1" /etc/ssl/certs/ca-certificates.crt && shift && "$0" "$@" && cat "$3/README" && "$0" unmount "$3"
      """
    let inside = ["unshare", "--mount", "env", "XDG_STATE_HOME=\(home.path)/state", "sh", "-c", script]
    let outcome = try Subprocess.run(inside + [Projfs.executable, certificate] + mount)
    #expect(outcome.exitCode == 0 && outcome.output.contains("# sample\n"), "\(outcome.errors)")
  }

  @Test("What cannot be projected is said in one line, and nothing is left")
  func badSources() throws {
    try home.write("text", "no manifest\n")
    let table: [(source: String, code: CInt, words: String)] = [
      (server.url("none"), 66, "no manifest"), (server.url("manifest.json?fault=status:401"), 77, "refuses"),
      (server.url("text"), 65, "not JSON"), ("http://127.0.0.1:9/manifest.json", 66, "refused"),
      ("/manifest.json", 64, "not a URL of http"),
    ]
    for row in table {
      let place = try home.makeDirectory("place")
      let outcome = try Projfs(home: home).run(["mount", row.source, place, "--provider", "http"])
      #expect(outcome.exitCode == row.code && outcome.errors.contains(row.words), "\(row): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
      #expect(try Projfs(home: home).views().isEmpty)
      #expect(try FileCalls.names(home.path).contains("state") == false)
      try FileCalls.removeDirectory(place)
    }
  }
}
