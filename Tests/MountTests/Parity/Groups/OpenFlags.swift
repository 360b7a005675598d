extension ScenarioGroup {
  /// open(2) with each of its flags.
  static let openFlags = ScenarioGroup(
    name: "flags of open",
    script: """
      scenario O_EXCL
      open file O_CREAT,O_EXCL
      open dir O_CREAT,O_EXCL
      open link O_CREAT,O_EXCL
      open dangling O_CREAT,O_EXCL
      open to-dir O_CREAT,O_EXCL
      open missing/x O_CREAT,O_EXCL
      open file O_EXCL
      open file O_CREAT,O_EXCL,O_TRUNC
      stat file size
      list .

      scenario O_CREAT by way of a dangling link makes its target
      open dangling O_CREAT,O_WRONLY 0600 -> h
      write h text
      cat nowhere
      lstat dangling type
      stat dangling mode
      unlink nowhere
      open dangling O_RDONLY
      open dangling O_WRONLY
      open dangling O_CREAT,O_NOFOLLOW
      symlink dir/new to-new
      open to-new O_CREAT,O_WRONLY
      list dir

      scenario O_CREAT and slashes
      open new/ O_CREAT
      open new/ O_CREAT,O_DIRECTORY
      open dir/ O_CREAT
      open file/ O_CREAT
      open file/ O_RDONLY
      open new/. O_CREAT
      open new// O_CREAT,O_EXCL
      open dangling/ O_CREAT
      list .

      scenario O_TRUNC
      ino file before
      open file O_WRONLY,O_TRUNC -> h
      fstat h size,blocks
      write h short
      cat file
      ino file after
      same before after
      open big O_RDWR,O_TRUNC
      stat big size,blocks
      open empty O_WRONLY,O_TRUNC
      stat empty size
      open tool O_RDONLY,O_TRUNC
      stat tool size,mode
      open link O_WRONLY,O_TRUNC
      stat file size
      open dir/inner O_CREAT,O_WRONLY,O_TRUNC 0600
      stat dir/inner size,mode

      scenario O_APPEND
      open file O_WRONLY,O_APPEND -> h
      write h one
      lseek h 0 SET
      write h two
      lseek h 0 CUR
      pwrite h 0 three
      cat file

      scenario O_APPEND that is given and taken away
      open file O_WRONLY -> w
      setfl w O_APPEND
      getfl w
      write w one
      lseek w 0 CUR
      setfl w -
      getfl w
      pwrite w 2 RST
      open file O_WRONLY,O_APPEND -> h
      setfl h -
      setfl h O_APPEND
      write h two
      cat file
      setfl h -
      getfl h
      pwrite h 0 FI
      open file O_RDONLY -> r
      pread r 5 0

      scenario O_APPEND of two
      open new O_CREAT,O_WRONLY,O_APPEND -> one
      open new O_WRONLY,O_APPEND -> two
      each one,two,one,two,one write {} {},
      peer write two peer
      write one one
      peer write one peer
      cat new
      lseek one 0 CUR

      scenario appending while another writes by position
      open file O_WRONLY,O_APPEND -> a
      open file O_WRONLY -> w
      write a appended
      lseek w 0 END
      pwrite w 60 beyond
      write a more
      cat file
      truncate file 3
      write a again
      cat file

      scenario O_NOFOLLOW and O_DIRECTORY
      open link O_RDONLY,O_NOFOLLOW
      open dangling O_RDONLY,O_NOFOLLOW
      open to-dir O_RDONLY,O_NOFOLLOW
      open to-dir/ O_RDONLY,O_NOFOLLOW
      open to-dir/inner O_RDONLY,O_NOFOLLOW
      open to-dir O_RDONLY,O_NOFOLLOW,O_DIRECTORY
      open to-dir O_RDONLY,O_DIRECTORY
      open file O_RDONLY,O_DIRECTORY
      open link O_RDONLY,O_DIRECTORY
      open missing O_RDONLY,O_DIRECTORY
      open dir O_RDONLY,O_DIRECTORY,O_NOFOLLOW

      scenario O_PATH
      open file O_PATH -> h
      fstat h type,mode,size
      read h 1
      write h x
      fchmod h 0600
      fchown h 0 0
      ftruncate h 0
      fsync h
      fgetxattr h user.x
      flock h SH
      open link O_PATH,O_NOFOLLOW -> l
      fstat l type,size
      open dir O_PATH -> d
      at d stat inner type
      at d open inner O_RDONLY
      fchdir d
      list .
      open missing O_PATH

      scenario O_TMPFILE
      open . O_TMPFILE,O_RDONLY
      open file O_TMPFILE,O_RDWR
      open missing O_TMPFILE,O_RDWR
      open . O_TMPFILE,O_RDWR 0600 -> h
      fstat h type,mode,nlink,size
      write h text
      pread h 10 0
      linkfd h new
      cat new
      fstat h nlink
      open dir O_TMPFILE,O_WRONLY,O_EXCL 0644 -> x
      linkfd x other-new
      list .

      scenario a file of O_TMPFILE gets names and loses them
      unlink file
      open dir O_TMPFILE,O_RDWR 0600 -> h
      write h text
      each file,new,dir/new,other/kept linkfd h {}
      fstat h nlink
      cat file
      open other O_TMPFILE,O_WRONLY 0640 -> o
      write o other
      rename dir/new dir/inner
      unlink other/kept
      linkfd o other/kept
      cat other/kept
      peer cat dir/inner
      each file,new,dir/inner unlink {}
      fstat h nlink,size
      linkfd h again
      pread h 10 0
      ftruncate h 2
      fstat h size
      each .,dir,other list {}

      scenario whose a file of O_TMPFILE is
      chown other 0 2001
      chmod other 02777
      umask 027
      user 1001 1001 2001
      open other O_TMPFILE,O_RDWR 0666 -> h
      fstat h mode,uid,gid,nlink
      fsync h
      open other O_TMPFILE,O_WRONLY 0444 -> r
      write r text
      open dir O_TMPFILE,O_RDWR
      linkfd h other/new
      root
      linkfd r other/read-only
      stat other/new mode,uid,gid
      stat other/read-only mode,uid,gid,size
      open other/new O_TMPFILE,O_RDWR
      open other O_TMPFILE,O_RDWR 0666 -> s
      fchmod s 04711
      fchown s 1001 1001
      fstat s mode,uid,gid

      scenario O_SYNC and O_DSYNC
      each O_SYNC,O_DSYNC open file O_WRONLY,{} -> {}
      each O_SYNC,O_DSYNC write {} {}
      cat file
      open new O_CREAT,O_EXCL,O_WRONLY,O_SYNC -> n
      write n text
      cat new

      scenario O_NOATIME is for the owner
      open file O_RDONLY,O_NOATIME
      as 1001 open file O_RDONLY,O_NOATIME
      chown file 1001 -
      as 1001 open file O_RDONLY,O_NOATIME

      scenario O_DIRECT
      open new O_CREAT,O_RDWR,O_DIRECT -> h
      write h @fill4096:a
      write h @fill8192:b
      pread h 4096 4096
      pread h 16384 0
      open new O_RDONLY -> r
      pread r 10 4090
      pwrite h 4096 @fill4096:c
      pread r 10 4090
      open new O_WRONLY -> w
      pwrite w 0 buffered
      pread h 4096 0
      ftruncate h 5000
      pread h 8192 4096
      stat new size

      scenario O_DIRECT of a file that was there
      open big O_RDONLY,O_DIRECT -> r
      pread r 4096 0
      pread r 4096 139264
      open big O_WRONLY,O_DIRECT -> w
      pwrite w 4096 @fill4096:x
      pread r 8192 4096
      stat big size
      open big O_RDONLY -> b
      pread b 8 4092

      """)
}
