internal import Glibc
internal import Posix
internal import SystemPackage

/// A web server on this machine that serves a directory, with the faults that URLs ask for (`Programs/web-server`).
package final class WebServer: Sendable {
  /// The directory that is served.
  package let directory: String
  /// The port on 127.0.0.1.
  package let port: Int
  private let process: Int32
  private let input: OwnedDescriptor

  private static let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)

  /// Starts one. Blocks until it listens. With a certificate, a file that has its key as well, it speaks TLS.
  package init(serving directory: String, certificate: String? = nil) throws {
    self.directory = directory
    var input = try Pipe()
    var output = try Pipe()
    process = try Subprocess.spawn(
      ["\(Self.here)/Programs/web-server", directory] + (certificate.map { [$0] } ?? []), input: input.readEnd,
      output: output.writeEnd, errors: STDERR_FILENO, isAlone: true)
    try output.closeWriteEnd()
    guard let end = input.takeWriteEnd() else { throw Errno.badFileDescriptor }
    self.input = end
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while try FileCalls.retrying({ read(output.readEnd, &byte, 1) }) == 1, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    guard let port = Int(String(decoding: line, as: UTF8.self)) else { throw Errno.noData }
    self.port = port
  }

  /// Makes a certificate for this machine that nobody vouches for, in `file`; returns a file that has its key as well.
  package static func makeCertificate(at file: String) throws -> String {
    let outcome = try Subprocess.run([
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=projfs test",
      "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file + ".key", "-out", file,
    ])
    guard outcome.exitCode == 0 else { throw ProgramFailure(errors: outcome.errors) }
    let both = try FileCalls.open(file + ".both", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try FileCalls.writeAll(both.rawValue, try FileCalls.contents(file) + FileCalls.contents(file + ".key"))
    return file + ".both"
  }

  deinit {
    kill(process, SIGKILL)
    _ = try? Subprocess.wait(for: process)
  }

  /// The URL of a path.
  package func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// Writes a manifest of a directory to a file by the script, whose other arguments come first.
  package static func makeManifest(of directory: String, at file: String, _ options: [String] = []) throws {
    let script = "\(here)/../../scripts/make-manifest"
    let outcome = try Subprocess.run([script] + options + ["--output", file, directory])
    guard outcome.exitCode == 0 else { throw ProgramFailure(errors: outcome.errors) }
  }

  /// What was asked of the server, one request each: path, status, range, authorization. Blocks.
  package func requests() throws -> [String] {
    let script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
    let outcome = try Subprocess.run(["python3", "-c", script, url("+requests")])
    return outcome.output.split(separator: "\n").map(String.init)
  }

  /// What a program said that makes something to be served.
  struct ProgramFailure: Error {
    let errors: String
  }
}
