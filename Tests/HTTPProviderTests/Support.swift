internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import SystemPackage
internal import TestSupport

@testable import HTTPProvider

/// A web server of a directory of its own.
final class Server: Sendable {
  let directory: TemporaryDirectory
  private let web: WebServer

  /// Starts one, on a thread of its own.
  static func start() async throws -> Server { try await onThread { try Server(isSecure: false) } }

  /// The same with TLS, and a certificate that nobody vouches for.
  static func startSecure() async throws -> Server { try await onThread { try Server(isSecure: true) } }

  private init(isSecure: Bool) throws {
    directory = try TemporaryDirectory()
    let certificate = isSecure ? try WebServer.makeCertificate(at: directory.path + "/certificate") : nil
    web = try WebServer(serving: directory.path, certificate: certificate)
  }

  var port: Int { web.port }

  /// The URL of a path.
  func url(_ path: String) -> String { web.url(path) }

  /// Writes a file that is served.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try FileCalls.open("\(directory.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try FileCalls.writeAll(file.rawValue, bytes)
  }

  /// Writes a manifest of entries, each a JSON object, in one step.
  func writeManifest(_ entries: [String], as name: String = "manifest.json") throws {
    try write(name + ".new", Array(Self.manifest(entries).utf8))
    try FileCalls.rename("\(directory.path)/\(name).new", to: "\(directory.path)/\(name)")
  }

  static func manifest(_ entries: [String]) -> String {
    #"{"format":"projfs-manifest","version":1,"entries":["# + entries.joined(separator: ",") + "]}"
  }

  /// Writes the manifest by the script.
  func makeManifest(_ options: String...) throws {
    try WebServer.makeManifest(of: directory.path, at: "\(directory.path)/manifest.json", options)
  }

  /// Serves `bytes` as `name`, in a manifest of its own, with faults.
  func serve(_ name: String, _ bytes: [UInt8], fault: String, chunk: Int? = nil) async throws -> HTTPContent {
    try write(name, bytes)
    try writeManifest([try entry(name, bytes, url: "\(name)?fault=\(fault)", chunk: chunk)])
    return try await open()
  }

  /// The manifest's content.
  func open(_ path: String = "manifest.json", options: HTTPOptions = quick) async throws -> HTTPContent {
    try await HTTPContent(source: url(path), options: options, logger: Logger(label: "test"))
  }

  /// What was asked of the server: path, status, range, authorization.
  func requests() async throws -> [String] { try await onThread { [web] in try web.requests() } }
}

/// What blocks, away from the threads of tasks.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Threads.start("blocking test") { continuation.resume(with: Result { try body() }) }
  }
}

/// Short waits between attempts.
let quick: HTTPOptions = {
  var options = HTTPOptions()
  options.backOff = .milliseconds(1)
  options.longestBackOff = .milliseconds(10)
  options.interval = .seconds(3600)
  return options
}()

/// An entry of a manifest.
func entry(_ path: String, _ bytes: [UInt8], url: String, chunk: Int? = nil) throws -> String {
  var text = #"{"path":"\#(path)","size":\#(bytes.count),"sha256":"\#(try sha256(bytes))","url":"\#(url)""#
  if let chunk {
    let chunks = try stride(from: 0, to: bytes.count, by: chunk).map {
      "\"\(try sha256(Array(bytes[$0..<min($0 + chunk, bytes.count)])))\""
    }
    text += #","chunk_size":\#(chunk),"chunks":["# + chunks.joined(separator: ",") + "]"
  }
  return text + "}"
}

/// The hash of bytes, as manifests have it.
func sha256(_ bytes: [UInt8]) throws -> String { hexadecimal(try Digest(of: bytes).bytes) }

/// Bytes of no pattern.
func someBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

/// What a fetch writes.
func written(_ fetch: (inout ContentSink) async throws -> Void) async throws -> [UInt8] {
  let directory = try TemporaryDirectory()
  let file = try FileCalls.open("\(directory.path)/content", O_RDWR | O_CREAT, mode: 0o600)
  var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
  try await fetch(&sink)
  return try FileCalls.read(file.rawValue, at: 0, count: Int(sink.bytesWritten))
}

/// The entries of a directory by name.
func names(_ directory: DirectoryID, of provider: any ContentProvider) async throws -> [String] {
  let listing = try await provider.list(directory)
  return (0..<listing.count).map { String(decoding: listing.name(at: $0), as: UTF8.self) }
}

extension HTTPContent {
  /// The content of a file in the root.
  func file(_ name: String) async throws -> ContentID {
    let listing = try await list(try await root())
    for index in 0..<listing.count where listing.name(at: index).elementsEqual(name.utf8) {
      return listing.content(at: index)
    }
    throw ProviderError.missing(name)
  }

  /// The bytes of a file in the root.
  func bytes(_ name: String) async throws -> [UInt8] {
    let id = try await file(name)
    return try await written { sink in try await self.fetch(id, into: &sink) }
  }

  /// Some bytes of a file in the root.
  func bytes(_ name: String, _ range: Range<Int64>) async throws -> [UInt8] {
    let id = try await file(name)
    return try await written { sink in try await self.fetch(id, range: range, into: &sink) }
  }
}
