internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage
internal import TestSupport
internal import Testing

@testable import ExecProvider

/// A provider that is a program which does not behave.
@Suite("Bad exec provider")
struct BadProgramTests {
  @Test("A program that cannot serve is an error that says why")
  func beginnings() async throws {
    let log = LogLines()
    func failure(_ command: String, _ source: String = "", limits: ExecLimits = Programs.quick) async -> ExecError? {
      do throws(ExecError) {
        let content = try await ExecContent(command: command, source: source, limits: limits, logger: log.logger)
        await content.end()
        return nil
      } catch {
        return error
      }
    }
    guard case .ended(127, let complaint) = await failure("/no/such/program") else {
      Issue.record("a program that does not exist")
      return
    }
    #expect(complaint.contains("/no/such/program"))
    #expect(await failure("exit 3;") == .ended(exitCode: 3, complaint: ""))
    #expect(await failure("kill -KILL $$;") == .ended(exitCode: 137, complaint: ""))
    #expect(await failure(Programs.subject, #"raw={"version": 2}"#) == .wrongVersion(2))
    #expect(
      await failure(Programs.subject, #"raw={"error": "denied", "text": "no"}"#) == .refused(.denied("no")))
    for raw in [
      "hello", "{", "[]", #"{"id": 1}"#, #"{"version": "1"}"#, #"{"version": 1, "length": 5}"#,
      #"{"version": 1, "abilities": ["pages"]}"#, #"{"version": 1, "parallel": 0}"#, #"{"version": 1, "timeout": -1}"#,
      #"{"changed": "everything"}"#, #"{"id": 1, "length": -1}"#, #"{"id": 1, "length": 1048577}"#,
      #"{"version": 1}"# + String(repeating: " ", count: 70_000),
    ] {
      guard case .nonsense = await failure(Programs.subject, "raw=\(raw)") else {
        Issue.record("\(raw.prefix(60)) was taken")
        continue
      }
    }
    var limits = Programs.quick
    limits.handshake = .milliseconds(100)
    limits.grace = .milliseconds(10)
    #expect(await failure("sleep 1000;", limits: limits) == .silent(.milliseconds(100)))
  }

  @Test("The source reaches the program as one argument")
  func argument() async throws {
    let directory = try TemporaryDirectory()
    let source = "a b'\"$HOME;*"
    _ = try? await ExecContent(
      command: "f() { printf %s \"$1\" >'\(directory.path)/seen'; }; f", source: source, logger: LogLines().logger)
    #expect(try FileCalls.contents("\(directory.path)/seen") == Array(source.utf8))
  }

  @Test("A program that dies is started again, and only what it had in hand fails")
  func death() async throws {
    let content = try await Programs.start()
    let first = try await number(of: "pid", from: content)
    for id: ContentID in [
      "die", "part", "raw:nonsense\n", "raw:{\"id\":999}\n", "raw:{\"id\":ID,\"length\":2000000}\n",
      "raw:{\"version\":1}\n", "raw:{\"changed\":\"everything\"}\n",
    ] {
      do {
        _ = try await bytes(of: id, from: content)
        Issue.record("\(String(decoding: id.bytes, as: UTF8.self)) was answered")
      } catch ProviderError.unavailable {}
      #expect(try await text(of: "text:next", from: content) == "next")
    }
    #expect(try await number(of: "pid", from: content) != first)
    #expect(await eventually { !isThere(first) || isZombie(first) })
    await content.end()
  }

  @Test("All that the dead program had fails, and what comes while it is started waits")
  func inFlight() async throws {
    let content = try await Programs.start()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<10 {
        group.addTask {
          do {
            _ = try await bytes(of: ContentID("hold:\(number)".utf8), from: content)
            return false
          } catch ProviderError.unavailable {
            return true
          }
        }
      }
      // Until the last of them is there; those that come after the end would be held for ever.
      for number in 0..<10 {
        while try await !text(of: ContentID("holds:\(number)".utf8), from: content).contains("yes") {
          await Task.yield()
        }
      }
      do { _ = try await bytes(of: "die", from: content) } catch ProviderError.unavailable {}
      for try await hasFailed in group { #expect(hasFailed) }
    }
    await content.end()
  }

  @Test("A program that dies again and again is left alone for a time, and then tried again")
  func limit() async throws {
    let directory = try TemporaryDirectory()
    let block = "\(directory.path)/block"
    var limits = Programs.quick
    limits.starts = 3
    limits.span = .seconds(3600)
    limits.pause = .milliseconds(50)
    let content = try await Programs.start("fail-while=\(block)", limits: limits)
    try directory.write("block", "")
    do { _ = try await bytes(of: "die", from: content) } catch ProviderError.unavailable {}
    // Waits for the third start, or comes in the time when all is refused.
    do {
      _ = try await bytes(of: "text:a", from: content)
      Issue.record("answered by a program that does not run")
    } catch ProviderError.unavailable(let why) {
      #expect(why.contains("started 3 times"))
      #expect(why.contains("not now"))
    }
    try FileCalls.remove(block)
    while true {
      do {
        #expect(try await text(of: "text:a", from: content) == "a")
        break
      } catch ProviderError.unavailable {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    await content.end()
  }

  @Test("After a new start everything may have changed, and the root may be another one")
  func changesAfterDeath() async throws {
    let content = try await Programs.start("changes")
    _ = try await content.root()
    var changes = content.changes().makeAsyncIterator()
    do { _ = try await bytes(of: "die", from: content) } catch ProviderError.unavailable {}
    #expect(await changes.next() == .everything)
    await content.end()
  }

  @Test("A program that does not answer costs a request its time, and one that does not even end it its life")
  func silence() async throws {
    let content = try await Programs.start("timeout=0.3")
    // On a busy machine any answer may take longer than that.
    func process() async throws -> Int {
      while true { do { return try await number(of: "pid", from: content) } catch ProviderError.unavailable {} }
    }
    let first = try await process()
    await #expect(throws: ProviderError.self) { try await bytes(of: "hold:on", from: content) }
    await #expect(throws: ProviderError.self) { try await bytes(of: "stubborn", from: content) }
    while try await process() == first { try await Task.sleep(for: .milliseconds(5)) }
    await content.end()
  }

  @Test("A program that writes and writes is not read from while nobody takes it")
  func flood() async throws {
    var limits = Programs.quick
    limits.buffer = 256 * 1024
    limits.grace = .milliseconds(10)
    let mailbox = try Mailbox(buffer: limits.buffer)
    let loop = ProgramLoop(
      command: Programs.subject, source: "", limits: limits, logger: LogLines().logger, mailbox: mailbox,
      feed: ChangeFeed())
    let started = await withCheckedContinuation { continuation in loop.start { continuation.resume(returning: $0) } }
    _ = try started.get()
    let exchange = try mailbox.submit(.fetch("flood"))
    #expect(await eventually { mailbox.isFull })
    // Nothing more comes, whatever else there is to do.
    let other = try mailbox.submit(.fetch("text:a"))
    other.abandon()
    #expect(await eventually { mailbox.isFull })
    #expect(mailbox.heldBytes <= limits.buffer + 64 * 1024)
    for _ in 0..<20 { #expect(try await exchange.next() != nil) }
    exchange.abandon()
    #expect(await eventually { mailbox.heldBytes == 0 })
    await mailbox.end()
  }

  @Test("What it complains goes to the log, line by line, cut and not without end")
  func complaints() async throws {
    let log = LogLines()
    let content = try await Programs.start(log: log)
    _ = try await bytes(of: "complain:500", from: content)
    await content.end()
    let lines = log.all.filter { $0.hasPrefix("program: ") }
    #expect(lines.first?.hasPrefix("program: line 0 xxx") == true)
    // In one span of time.
    #expect(lines.count < 500)
    #expect(lines.allSatisfy { $0.utf8.count < ErrorLines.longest + 20 })
  }

  @Test("It has no descriptor but its three")
  func descriptors() async throws {
    // Not closed on exec, as a careless library would leave it.
    let careless = open("/etc/passwd", O_RDONLY)
    defer { close(careless) }
    let content = try await Programs.start()
    let open = try await text(of: "descriptors", from: content).split(separator: " ")
    #expect(open.count <= 3)
    #expect(open.allSatisfy { $0.hasPrefix("pipe:") })
    await content.end()
  }

  @Test("It ends with the view, however it resists, with what it has started", arguments: ["", "ignore-signals"])
  func end(words: String) async throws {
    var limits = Programs.quick
    limits.grace = .milliseconds(50)
    let content = try await Programs.start(words, limits: limits)
    let process = try await number(of: "pid", from: content)
    let child = try await number(of: "child", from: content)
    #expect(isThere(process))
    #expect(isThere(child))
    await content.end()
    // Killed, and then waited for by whoever inherits them.
    for number in [process, child] { #expect(await eventually { !isThere(number) || isZombie(number) }) }
    await #expect(throws: ProviderError.self) { try await content.root() }
    await content.end()
  }

  @Test("SIGTERM is a request, for which there is time")
  func termination() async throws {
    let directory = try TemporaryDirectory()
    var limits = Programs.quick
    limits.grace = .seconds(3)
    let content = try await Programs.start("deaf;note=\(directory.path)/end", limits: limits)
    _ = try await content.root()
    await content.end()
    #expect(try FileCalls.contents("\(directory.path)/end") == Array("ended".utf8))
  }

  @Test("It ends when nobody has the provider any more")
  func release() async throws {
    func processOfOne() async throws -> Int { try await number(of: "pid", from: try await Programs.start()) }
    let process = try await processOfOne()
    #expect(await eventually { !isThere(process) || isZombie(process) })
  }

  private func isZombie(_ process: Int) -> Bool {
    guard let bytes = try? FileCalls.contents("/proc/\(process)/stat") else { return true }
    return String(decoding: bytes, as: UTF8.self).contains(") Z ")
  }
}
