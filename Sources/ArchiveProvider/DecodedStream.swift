internal import Dispatch
internal import Glibc
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage

/// What a compressed archive is decompressed to, readable anywhere.
///
/// The last `limit` bytes that were decompressed are kept in a file without a name. What comes behind them is decompressed
/// on a thread of its own, and what lies before them by starting again; all who wait are served on the way.
final class DecodedStream: ArchiveInput {
  /// The most that is asked for at once.
  static let mostBytes = 1 << 20

  private struct Request {
    let offset: Int64
    let count: Int
    let answer: @Sendable (Result<[UInt8], ProviderError>) -> Void
  }

  private struct State {
    /// The thread that decompresses has the decoder while it runs.
    var isRunning = false
    var decoder: Sole<Decoder>?
    /// Which bytes the file has.
    var window: Range<Int64> = 0..<0
    /// Known once it was seen.
    var length: Int64?
    var requests: [Request] = []
  }

  private let file: ArchiveFile
  private let spool: OwnedDescriptor
  private let limit: Int64
  private let state = Mutex(State())

  /// Keeps decompressed bytes in a file of `directory`'s.
  init(_ file: ArchiveFile, in directory: CacheDirectory, limit: Int64) throws(ProviderError) {
    do {
      spool = try directory.unnamedFile()
    } catch {
      throw .system(error, "cannot make a file for what is decompressed")
    }
    self.file = file
    self.limit = max(limit, Int64(Self.mostBytes) * 8)
  }

  /// The length, where the end was seen.
  var length: Int64? { state.withLock { $0.length } }

  /// Up to where it was decompressed last.
  var end: Int64 { state.withLock { $0.window.upperBound } }

  /// At most `count` bytes from `offset`; fewer only at the end.
  func read(at offset: Int64, count: Int) async throws(ProviderError) -> [UInt8] {
    let outcome = await withCheckedContinuation { continuation in
      ask(Request(offset: offset, count: min(count, Self.mostBytes)) { continuation.resume(returning: $0) })
    }
    return try outcome.get()
  }

  /// The same for a thread that may block.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
    let done = DispatchSemaphore(value: 0)
    let box = Answer()
    ask(
      Request(offset: offset, count: min(buffer.count, Self.mostBytes)) { result in
        box.result.withLock { $0 = result }
        done.signal()
      })
    done.wait()
    guard let result = box.result.withLock({ $0 }) else { return -1 }
    switch result {
    case .success(let bytes):
      buffer.copyBytes(from: bytes)
      return Int64(bytes.count)
    case .failure(let error):
      failures.withLock { $0 = error }
      return -1
    }
  }

  private let failures = Mutex<ProviderError?>(nil)

  /// Why a blocking read failed last: libarchive cannot carry that.
  var lastFailure: ProviderError? { failures.withLock { $0 } }

  // MARK: - Serving

  private func ask(_ request: Request) {
    let (answer, starts) = state.withLock { state -> (Result<[UInt8], ProviderError>?, Bool) in
      if let answer = kept(for: request, in: state) { return (answer, false) }
      state.requests.append(request)
      defer { state.isRunning = true }
      return (nil, !state.isRunning)
    }
    if let answer { request.answer(answer) }
    if starts { Threads.start("archive decoder") { self.run() } }
  }

  /// What the file has for a request; nil where it has to be decompressed first.
  private func kept(for request: Request, in state: State) -> Result<[UInt8], ProviderError>? {
    guard request.offset >= 0, request.count > 0 else { return .success([]) }
    let (end, overflow) = request.offset.addingReportingOverflow(Int64(request.count))
    guard !overflow else { return .success([]) }
    if let length = state.length, request.offset >= length { return .success([]) }
    let last = min(end, state.length ?? .max)
    guard request.offset >= state.window.lowerBound, last <= state.window.upperBound else { return nil }
    return Result { () throws(ProviderError) in
      do throws(Errno) {
        var bytes: [UInt8] = []
        var position = request.offset
        while position < last {
          let place = position % limit
          let count = Int(min(last - position, limit - place))
          let piece = try FileCalls.read(spool.rawValue, at: place, count: count)
          guard piece.count == count else { throw .ioError }
          if bytes.isEmpty { bytes = piece } else { bytes += piece }
          position += Int64(count)
        }
        return bytes
      } catch {
        throw .system(error, "cannot read what was decompressed of '\(file.path)'")
      }
    }
  }

  /// Decompresses until nobody waits any more.
  private func run() {
    while true {
      let (answers, next) = state.withLock { state -> ([@Sendable () -> Void], Sole<Decoder>??) in
        var answers: [@Sendable () -> Void] = []
        var waiting: [Request] = []
        for request in state.requests {
          if let answer = kept(for: request, in: state) {
            answers.append { request.answer(answer) }
          } else {
            waiting.append(request)
          }
        }
        state.requests = waiting
        guard let nearest = state.requests.map(\.offset).min() else {
          state.isRunning = false
          return (answers, nil)
        }
        if nearest < state.window.lowerBound || state.decoder == nil {
          state.decoder = nil
          state.window = 0..<0
        }
        defer { state.decoder = nil }
        return (answers, .some(state.decoder))
      }
      for answer in answers { answer() }
      guard let next else { return }
      do throws(ProviderError) {
        try step(next)
      } catch {
        let failed = state.withLock { state in
          defer { state.requests = [] }
          return state.requests
        }
        for request in failed { request.answer(.failure(error)) }
      }
    }
  }

  private func step(_ known: Sole<Decoder>?) throws(ProviderError) {
    let decoder: Sole<Decoder>
    if let known { decoder = known } else { decoder = Sole(try Decoder(file)) }
    let bytes = try decoder.value.next()
    let start = state.withLock { $0.window.upperBound }
    let end = start + Int64(bytes.count)
    // Readers lose what is written over before it is.
    state.withLock { state in
      state.window = max(state.window.lowerBound, min(start, end - limit))..<start
    }
    do throws(Errno) {
      var done = 0
      while done < bytes.count {
        let place = (start + Int64(done)) % limit
        let count = min(bytes.count - done, Int(limit - place))
        try Self.write(spool.rawValue, bytes[done..<(done + count)], at: place)
        done += count
      }
    } catch {
      throw .system(error, "cannot keep what was decompressed of '\(file.path)'")
    }
    try file.check()
    state.withLock { state in
      state.window = state.window.lowerBound..<end
      if bytes.isEmpty { state.length = end }
      state.decoder = decoder
    }
  }

  private static func write(_ descriptor: CInt, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Errno) {
    let outcome: Result<Void, Errno> = bytes.withUnsafeBytes { bytes in
      Result { () throws(Errno) in try DataCalls.write(descriptor, bytes, at: offset) }
    }
    try outcome.get()
  }

  private final class Answer: Sendable {
    let result = Mutex<Result<[UInt8], ProviderError>?>(nil)
  }
}

/// Something that one thread at a time uses and the next one is handed.
///
/// SAFETY: `DecodedStream` and `ZipMembers` take it out of a mutex and put it back under one, and it is nowhere else.
struct Sole<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
