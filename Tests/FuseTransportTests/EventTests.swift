import FuseTransport
import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

/// What observers hear of what another process does in a mounted view.
@Suite("Events of a mounted view", .enabled(if: Availability.fuse, "FUSE is not available"))
struct EventTests {
  private static let engines: [Engine] = Availability.root ? [.passthrough, .cached] : [.cached]
  private static let everything = [Watch(before: .all, after: .all)]

  private static func fill(_ provider: TreeProvider) {
    provider.addFile("file", text: "text of file")
    provider.addFile("other", text: "other text")
    provider.addFile("third", text: "third text")
    provider.add("dir", .directory("dir"))
    provider.addFile("inner", in: "dir", text: "inner text")
  }

  /// Waits until as many closes were told: the kernel sends them in its own time.
  private static func closes(_ count: Int, of observer: RecordingObserver) async -> [String] {
    var closes: [String] = []
    _ = await eventually {
      closes = observer.lines.filter { $0.hasPrefix("close") }
      return closes.count >= count
    }
    return closes.sorted()
  }

  @Test("Each kind of event comes in order, with its path, process and command", arguments: engines)
  func script(engine: Engine) async throws {
    let observer = RecordingObserver()
    let mounted = try await MountedProvider(engine: engine, observer: observer, Self.everything, Self.fill)
    let shell = try mounted.shell(
      """
      read line < file
      echo appended >> other
      : > third
      echo new > new
      mkdir made
      ln -s target sym
      ln other hard
      mkfifo fifo
      chmod 600 new
      truncate -s 3 new
      mv new moved
      mv moved made/inside
      rm hard fifo made/inside
      rmdir made
      """, into: "script")
    #expect(try await mounted.end(of: shell) == 0)
    #expect(try mounted.output("script") == "")
    let closes = await Self.closes(5, of: observer)
    #expect(
      closes
        == [
          "close file 'file'", "close modified file 'new'", "close modified file 'new'", "close modified file 'other'",
          "close file 'third'",
        ].sorted())
    let told = observer.lines.filter { !$0.hasPrefix("close") }
    #expect(
      told == [
        "hydrate file 'file' 12", "read file 'file'", "hydrate file 'other' 10", "convert file 'other'",
        "write file 'other'", "convert file 'third'", "write file 'third'", "truncate file 'third' 0",
        "create file 'new'", "mkdir directory 'made'", "symlink symbolicLink 'sym' target 'target'",
        "link file 'other' to 'hard'", "create fifo 'fifo'", "metadata file 'new' mode 600", "write file 'new'",
        "truncate file 'new' 3", "rename file 'new' to 'moved'", "rename file 'moved' to 'made/inside'",
        "unlink file 'hard'", "unlink fifo 'fifo'", "unlink file 'made/inside'", "rmdir directory 'made'",
      ])
    #expect(
      Set(observer.asked.map(\.operation.text)) == Set(told.filter { !$0.hasPrefix("hydrate") }))
    for event in observer.told {
      #expect(event.caller.user == geteuid() && event.caller.group == getegid())
      switch event.operation.action {
      case .openForReading,
        .hydrate where event.operation.path == Array("file".utf8):
        #expect(event.caller.process == UInt32(shell) && event.caller.command == "sh")
      case .close where event.operation.path == Array("file".utf8):
        #expect(event.caller.process == UInt32(shell) && event.caller.command == "sh", "who had opened it")
      case .makeDirectory: #expect(event.caller.command == "mkdir" && event.caller.process != UInt32(shell))
      case .unlink: #expect(event.caller.command == "rm")
      default: break
      }
    }
  }

  @Test("A veto gives its error to the system call, and nothing has changed", arguments: engines)
  func veto(engine: Engine) async throws {
    let observer = RecordingObserver { _ in throw Veto(.diskQuotaExceeded) }
    let mounted = try await MountedProvider(engine: engine, observer: observer, Self.everything, Self.fill)
    let list = "find . | sort; stat -c '%n %Y %Z %i %s %h %a' . dir file other third"
    #expect(try await mounted.end(of: mounted.shell(list, into: "before")) == 0)
    let commands = [
      "rm -f file", "mv file other", "mv dir away", "cat file", "mkdir new", "touch new", "ln -s x new", "ln file new",
      "rm -r dir", "chmod 600 file", "touch -d @5 dir", "truncate -s 1 file", "mkfifo new",
    ]
    for (number, command) in commands.enumerated() {
      let name = "output \(number)"
      #expect(try await mounted.end(of: mounted.shell(command, into: name)) != 0, "\(command)")
      #expect(try mounted.output(name).contains("Disk quota exceeded"), "\(command)")
    }
    #expect(try await mounted.end(of: mounted.shell(list, into: "after")) == 0)
    #expect(try mounted.output("after") == mounted.output("before"))
    await mounted.observation?.deliver()
    #expect(observer.lines == [] && observer.asked.count >= commands.count)
    #expect(mounted.fileSystem.statistics.snapshot.count == 0)
    #expect(try FileCalls.names("\(mounted.home.path)/state/local") == [])
  }

  @Test("Who waits for an observer can be interrupted, and others go on meanwhile", arguments: engines)
  func interrupting(engine: Engine) async throws {
    let gate = Gate()
    let observer = RecordingObserver { pending in
      if pending.operation.path == Array("dir/inner".utf8) { try await gate.pass() }
    }
    let mounted = try await MountedProvider(engine: engine, observer: observer, Self.everything, Self.fill)
    // Not in the same directory, which the kernel keeps to itself until the operation has ended.
    let waiting = try mounted.shell("exec rm -f dir/inner", into: "waiting")
    #expect(await eventually { !observer.asked.isEmpty })
    #expect(try await mounted.end(of: mounted.shell("mkdir new; cat other", into: "others")) == 0)
    #expect(try mounted.output("others") == "other text")
    kill(waiting, SIGINT)
    #expect(try await mounted.end(of: waiting) == 128 + SIGINT)
    gate.open()
    #expect(try await mounted.end(of: mounted.shell("cat dir/inner", into: "still")) == 0)
    #expect(!observer.lines.contains("unlink file 'dir/inner'"))
  }

  @Test("Without opens the kernel goes on by itself, and they cannot be had later")
  func withoutOpens() async throws {
    let observer = RecordingObserver()
    let watches = [Watch(after: EventMask.all.subtracting(.opensAndCloses))]
    let mounted = try await MountedProvider(engine: .cached, observer: observer, watches, Self.fill)
    #expect(try await mounted.end(of: mounted.shell("cat file; echo text >> other; : > third", into: "output")) == 0)
    await mounted.observation?.deliver()
    #expect(
      observer.lines == [
        "hydrate file 'file' 12", "hydrate file 'other' 10", "convert file 'other'", "convert file 'third'",
        "truncate file 'third' 0",
      ])
    #expect(throws: ObservationError.opensAreNotSent) { try mounted.observation?.setWatches([Watch(after: .all)]) }
  }
}
