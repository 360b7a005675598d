import Glibc
import Posix
import TestSupport
import Testing

@Suite("Bad input is refused with a line that says what to do, and leaves nothing behind")
struct BadInputTests {
  /// What a mount is asked for, its exit code, and what its line says.
  struct Row: Sendable, CustomTestStringConvertible {
    let source: String
    var mountpoint = "view"
    var options: [String] = []
    let exitCode: CInt
    let message: String

    var testDescription: String { "\(source) at \(mountpoint) \(options)" }
  }

  static let rows = [
    Row(source: "nowhere", exitCode: 66, message: "is not a git repository"),
    Row(source: "plain", exitCode: 66, message: "is not a git repository"),
    Row(source: "repository", options: ["--rev", "nonsense"], exitCode: 66, message: "'nonsense' does not exist"),
    Row(source: "repository", options: ["--rev", "--help"], exitCode: 64, message: "--rev"),
    Row(source: "repository", options: ["--rev=--all"], exitCode: 66, message: "'--all' does not exist"),
    Row(source: "repository", options: ["--rev", ""], exitCode: 66, message: "does not exist"),
    Row(source: "repository", options: ["--rev", "HEAD:README.md"], exitCode: 66, message: "is a blob"),
    Row(
      source: "repository", options: ["--rev", "HEAD^{tree}", "--mtime", "commit"], exitCode: 64, message: "--mtime"),
    Row(source: "empty", exitCode: 66, message: "is empty; make a first commit"),
    Row(source: "sha256", exitCode: 66, message: "sha256"),
    Row(source: "repository", mountpoint: "missing", exitCode: 73, message: "mkdir -p"),
    Row(source: "repository", mountpoint: "full", exitCode: 73, message: "is not empty"),
    Row(source: "repository", mountpoint: "full/file", exitCode: 73, message: "is not a directory"),
    Row(source: "repository", mountpoint: "repository/.git/hooks", exitCode: 73, message: "git directory"),
    Row(source: "repository", mountpoint: "/proc", exitCode: 73, message: "is a mountpoint already"),
    Row(source: "repository", options: ["--engine", "warp"], exitCode: 64, message: "passthrough"),
    Row(source: "repository", options: ["--provider", "svn"], exitCode: 64, message: "git"),
    Row(source: "repository", options: ["--state", "full/file"], exitCode: 74, message: "full/file"),
  ]

  @Test("A mount that cannot be", arguments: rows)
  func refused(row: Row) throws {
    let home = try Self.surroundings()
    let projfs = Projfs(home: home)
    let inHome = { (path: String) in path.hasPrefix("/") ? path : "\(home.path)/\(path)" }
    let options = row.options.map { $0 == "full/file" ? inHome($0) : $0 }
    let outcome = try projfs.run(["mount", inHome(row.source), inHome(row.mountpoint)] + options)
    #expect(outcome.exitCode == row.exitCode)
    #expect(outcome.errors.contains(row.message), "\(outcome.errors)")
    #expect(outcome.output == "")
    if row.exitCode != 64 { #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)") }
    #expect(try projfs.views().isEmpty)
    #expect((try? FileCalls.names("\(home.path)/repository/.git/projfs/views")) ?? [] == [])
  }

  @Test("Commands on what is no view")
  func noView() throws {
    let home = try Self.surroundings()
    let projfs = Projfs(home: home)
    for command in ["unmount", "status", "stats", "trace", "remove"] {
      let outcome = try projfs.run([command, "\(home.path)/view"])
      #expect(outcome.exitCode == 66 && outcome.errors.contains("projfs list"), "\(command): \(outcome.errors)")
    }
    let outcome = try projfs.run(["mount", "\(home.path)/view"])
    #expect(outcome.exitCode == 66 && outcome.errors.contains("no view of"), "\(outcome.errors)")
    #expect(try projfs.run(["status"]).exitCode == 64)
    #expect(try projfs.run(["nonsense"]).exitCode == 64)
    #expect(try projfs.run(["mount"]).exitCode == 64)
  }

  @Test(
    "Every command has help with an example",
    arguments: [
      "mount", "unmount", "remove", "list", "status", "stats", "top", "trace", "report", "doctor", "version",
    ])
  func help(command: String) throws {
    let home = try TemporaryDirectory()
    let help = try Projfs(home: home).succeed(command, "--help")
    #expect(help.contains("Example:") && help.contains("projfs \(command)"))
  }

  @Test(
    "Without /dev/fuse the mount says so",
    .enabled(if: Availability.root, "hiding the device needs root"))
  func noDevice() throws {
    let home = try Self.surroundings()
    let hidden = [
      "unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev && mknod /dev/null c 1 3 && exec \"$@\"", "sh",
    ]
    let outcome = try Projfs(home: home).run(
      ["mount", "\(home.path)/repository", "\(home.path)/view"], behind: hidden)
    #expect(outcome.exitCode == 69)
    #expect(outcome.errors.contains("/dev/fuse") && outcome.errors.contains("modprobe fuse"), "\(outcome.errors)")
  }

  @Test(
    "Without privilege, passthrough is refused, and auto takes the other engine or says why it cannot",
    .enabled(if: Availability.fuse && Availability.root, "changing the user needs root"))
  func noPrivilege() throws {
    let home = try Self.surroundings()
    #expect(try Subprocess.run(["chown", "-R", "65534:65534", home.path]).exitCode == 0)
    // In a mount namespace of its own, where anybody may open the device.
    let unprivileged = [
      "unshare", "-m", "sh", "-c",
      "mount -t tmpfs none /dev && mknod -m 666 /dev/fuse c 10 229 && mknod -m 666 /dev/null c 1 3 && exec \"$@\"",
      "sh",
      "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=\(home.path)",
    ]
    let copy = "\(home.path)/projfs"
    #expect(try Subprocess.run(["cp", Projfs.executable, "\(Projfs.executable)-server", home.path]).exitCode == 0)
    let arguments = [copy, "mount", "\(home.path)/repository", "\(home.path)/view"]
    let forced = try Subprocess.run(unprivileged + arguments + ["--engine", "passthrough"])
    #expect(forced.exitCode == 77)
    #expect(forced.errors.contains("CAP_SYS_ADMIN") && forced.errors.contains("--engine auto"), "\(forced.errors)")
    // All in one namespace, which ends with its last process, and the view with it.
    let script = "\"$0\" mount \"$1\" \"$2\" && cat \"$2/README.md\" && \"$0\" unmount \"$2\""
    let taken = try Subprocess.run(
      unprivileged + ["sh", "-c", script, copy, "\(home.path)/repository", "\(home.path)/view"])
    #expect(taken.exitCode == 0, "\(taken.errors)")
    #expect(taken.output.contains("engine cached: passthrough needs CAP_SYS_ADMIN"), "\(taken.output)")
    #expect(taken.output.hasSuffix("# sample\n"))
  }

  @Test("Without the server beside it, projfs says what to install; what needs none works")
  func noServer() throws {
    let home = try TemporaryDirectory()
    let copy = "\(home.path)/projfs"
    let link = "\(home.path)/link"
    #expect(try Subprocess.run(["cp", Projfs.executable, copy]).exitCode == 0)
    for command in [["mount", home.path, home.path], ["remove", home.path], ["doctor"]] {
      let outcome = try Subprocess.run([copy] + command)
      #expect(outcome.exitCode == 69)
      #expect(outcome.errors.contains("projfs-server is not beside projfs in '\(home.path)'"), "\(outcome.errors)")
    }
    #expect(try Subprocess.run([copy, "help", "mount"]).output.contains("--foreground"))
    #expect(try Subprocess.run([copy, "list"]).exitCode == 0)
    #expect(try Subprocess.run([copy, "mount"]).exitCode == 64)
    // Beside the program, not beside a link to it.
    #expect(try Subprocess.run(["ln", "-s", Projfs.executable, link]).exitCode == 0)
    let linked = try Subprocess.run([link, "mount", "\(home.path)/nothing", home.path])
    #expect(linked.exitCode == 66, "\(linked.errors)")
  }

  /// A repository, and everything that a mount may stumble over.
  private static func surroundings() throws -> TemporaryDirectory {
    let home = try TemporaryDirectory()
    _ = try home.makeDirectory("plain")
    _ = try home.makeDirectory("view")
    _ = try home.makeDirectory("full")
    try home.write("full/file", "in the way\n")
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add("README.md", "# sample\n")
    try repository.commit()
    _ = try GitFixture(at: home.path + "/empty")
    _ = try GitFixture(at: home.path + "/sha256", format: "sha256")
    return home
  }
}
