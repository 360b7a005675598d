internal import CFuse
internal import Glibc
internal import Posix
package import Projection
internal import Synchronization
internal import SystemPackage

/// How file contents reach the kernel.
package enum Engine: String, Sendable, CaseIterable {
  /// The kernel reads the stored file by itself; each open is a request.
  case passthrough
  /// The kernel caches what READ requests gave it; a warm open is no request.
  case cached
}

/// The engine of a session, decided once, when the kernel can be asked.
package final class EngineSwitch: Sendable {
  /// What was decided.
  package struct Decision: Sendable {
    /// The engine.
    package let engine: Engine
    /// Why, in words for people.
    package let reason: String
    /// Whether passthrough failed for want of privilege.
    package let lacksPrivilege: Bool
  }

  // Lock of its own, taken once before the first OPEN is answered. The probe's system calls happen under it.
  private let decision = Mutex<Decision?>(nil)
  private let registrar: KernelBackingIDs
  private let wanted: Engine?
  private let store: ContentStore
  private let files: BackingFiles

  /// `wanted` is nil where the best engine that works is to be taken.
  init(wanted: Engine?, store: ContentStore, registrar: KernelBackingIDs) {
    self.wanted = wanted
    self.store = store
    self.registrar = registrar
    files = BackingFiles(registrar: registrar)
  }

  /// The files that the kernel serves by itself, in the passthrough engine.
  package var backingFiles: BackingFiles? { current?.engine == .passthrough ? files : nil }

  /// The files that are open, where opens are answered. In the cached engine the kernel does without, unless passthrough
  /// failed after it had been told otherwise.
  var openFiles: BackingFiles? { answersOpens.load(ordering: .acquiring) ? files : nil }

  /// Notes what the kernel was told of opens.
  func setAnswersOpens(_ answers: Bool) {
    answersOpens.store(answers, ordering: .releasing)
  }

  // Set before the first OPEN, and read ever after.
  private let answersOpens = Atomic<Bool>(false)

  /// The decision, if it was made.
  package var current: Decision? { decision.withLock { $0 } }

  /// Decides, or says what was decided. Only after INIT: before, the kernel refuses every backing file.
  package func decide() -> Decision {
    decision.withLock { decision in
      if let decision { return decision }
      let made = probe()
      decision = made
      return made
    }
  }

  private func probe() -> Decision {
    if wanted == .cached { return Decision(engine: .cached, reason: "as asked for", lacksPrivilege: false) }
    guard registrar.isOffered else {
      return cached("the kernel offers no FUSE passthrough (Linux 6.9 or newer has it)")
    }
    do throws(Errno) {
      let sample = try store.openProbe()
      registrar.unregister(try registrar.register(sample.rawValue))
      return Decision(engine: .passthrough, reason: "the kernel accepts backing files", lacksPrivilege: false)
    } catch .notPermitted {
      return cached("passthrough needs CAP_SYS_ADMIN in the initial user namespace", lacksPrivilege: true)
    } catch .tooManySymbolicLinkLevels {
      return cached("the content store lies on a file system that is stacked too deep for passthrough")
    } catch {
      return cached("the kernel refuses a backing file: \(error)")
    }
  }

  private func cached(_ reason: String, lacksPrivilege: Bool = false) -> Decision {
    Decision(engine: .cached, reason: reason, lacksPrivilege: lacksPrivilege)
  }
}
