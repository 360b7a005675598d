import ArchiveProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

/// A program of a test failed.
struct ProgramFailure: Error {
  let arguments: [String]
  let errors: String
}

/// Runs a program, which must succeed.
func run(_ arguments: String...) throws {
  let outcome = try Subprocess.run(arguments)
  guard outcome.exitCode == 0 else { throw ProgramFailure(arguments: arguments, errors: outcome.errors) }
}

/// Runs Python; the script finds `arguments` in `sys.argv[1:]`.
func python(_ script: String, _ arguments: String...) throws {
  let outcome = try Subprocess.run(
    ["python3", "-c", "import sys, io, os, tarfile, zipfile, gzip, random\n" + script] + arguments)
  guard outcome.exitCode == 0 else { throw ProgramFailure(arguments: arguments, errors: outcome.errors) }
}

/// Whether there is a program.
func has(_ program: String) -> Bool { (try? Subprocess.run([program, "--version"]).exitCode) == 0 }

/// What an archive holds, by what extracts it.
func extracted(_ archive: String, in directory: TemporaryDirectory, _ name: String) throws -> [[UInt8]: String] {
  let place = try directory.makeDirectory(name)
  // What tar refuses it says by its exit code, and extracts the rest.
  _ = try Subprocess.run(["tar", "-x", "-p", "-f", archive, "-C", place])
  return try NativeTree.tree(below: place)
}

extension ContentProvider {
  /// The names of everything, for people.
  func names() async throws -> [String: String] {
    try await tree().reduce(into: [:]) { $0[String(decoding: $1.key, as: UTF8.self)] = $1.value }
  }
}
