extension ScenarioGroup {
  /// open(2), openat(2) and creat(2).
  static let open = ScenarioGroup(
    name: "open",
    script: """
      scenario every way to open a file
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH open file {} -> {}
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH read {} 5
      each O_RDONLY,O_APPEND,O_PATH write {} 12345
      each O_RDONLY,O_WRONLY,O_RDWR,O_APPEND,O_PATH fstat {} size
      open file O_WRONLY,O_RDWR -> both
      read both 1
      write both 1
      cat file

      scenario every way to open a directory
      each O_RDONLY,O_WRONLY,O_RDWR,O_PATH open dir {}
      open dir O_RDONLY,O_DIRECTORY -> h
      read h 10
      write h x
      ftruncate h 0
      fsync h
      open dir O_RDONLY,O_TRUNC
      open dir O_WRONLY,O_DIRECTORY
      open dir O_CREAT
      open dir O_CREAT,O_EXCL
      open dir O_RDONLY,O_CREAT,O_DIRECTORY
      open to-dir O_WRONLY
      open to-dir O_RDONLY
      open dir/ O_RDONLY
      open dir/. O_RDONLY

      scenario a new file
      open new O_CREAT,O_WRONLY 0644 -> h
      fstat h type,mode,size,nlink,uid,gid,blocks
      write h content
      cat new
      open dir/new O_CREAT,O_EXCL 0600
      stat dir/new mode
      list dir
      open dir/new O_CREAT,O_EXCL 0600
      open dir/new O_CREAT 0644
      stat dir/new mode

      scenario modes of new files
      umask 0
      each 0,0777,0444,0200,04755,02755,01644,07777 open m{} O_CREAT,O_WRONLY {}
      each m0,m0777,m0444,m0200,m04755,m02755,m01644,m07777 stat {} mode
      umask 027
      each 0777,0666,07777 open u{} O_CREAT,O_WRONLY {}
      each u0777,u0666,u07777 stat {} mode
      umask 0777
      open nothing O_CREAT,O_RDWR 0777 -> h
      write h text
      stat nothing mode,size
      creat created 0777
      stat created mode,size

      scenario a new file that may not be read by its owner
      chmod . 0777
      user 1001
      open new O_CREAT,O_RDWR 0 -> h
      write h text
      pread h 10 0
      open new O_RDONLY
      open new O_WRONLY
      open new2 O_CREAT,O_WRONLY 0444 -> h2
      write h2 text
      open new2 O_WRONLY
      open new2 O_CREAT,O_WRONLY
      open new2 O_RDONLY,O_TRUNC
      cat new2

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

      scenario creat
      creat new 0640 -> h
      write h text
      pread h 4 0
      creat new 0600
      stat new size,mode
      creat dir 0644
      creat missing/new 0644
      creat file/new 0644
      creat file 0600
      stat file size,mode

      scenario O_APPEND
      open file O_WRONLY,O_APPEND -> h
      write h one
      lseek h 0 SET
      write h two
      lseek h 0 CUR
      pwrite h 0 three
      cat file
      setfl h -
      getfl h
      pwrite h 0 FIRST
      setfl h O_APPEND
      getfl h
      lseek h 0 SET
      write h end
      cat file

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
      open . O_TMPFILE,O_RDWR 0600 -> h
      fstat h type,mode,nlink,size
      write h text
      pread h 10 0
      linkfd h new
      cat new
      fstat h nlink
      open dir O_TMPFILE,O_WRONLY,O_EXCL 0644 -> x
      linkfd x other-new
      open . O_TMPFILE,O_RDONLY
      open file O_TMPFILE,O_RDWR
      open missing O_TMPFILE,O_RDWR
      list .

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

      scenario paths that lead nowhere
      symlink loop loop
      each O_RDONLY,O_WRONLY,O_CREAT open missing/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open file/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open link/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open dangling/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open loop/x {}
      each O_RDONLY,O_WRONLY,O_CREAT open loop {}
      each O_RDONLY,O_WRONLY,O_CREAT open @empty {}
      each O_RDONLY,O_WRONLY,O_CREAT open @name256 {}
      each O_RDONLY,O_WRONLY,O_CREAT open dir/@name256 {}
      each O_RDONLY,O_WRONLY,O_CREAT open @name255 {}
      each O_RDONLY,O_WRONLY,O_CREAT open @path4096:file {}
      each O_RDONLY,O_WRONLY,O_CREAT open @path4095:file {}
      open loop O_RDONLY,O_NOFOLLOW
      open missing O_RDONLY
      open dir/missing O_WRONLY

      scenario permissions of a file
      chmod . 0777
      each 0644,0600,0060,0006,0444,0222,0000 put f{} {} text
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_WRONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDWR
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001:0 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001:2001:0 open {} O_WRONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY,O_TRUNC
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 chown {} 1001 0
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_RDONLY
      each f0644,f0600,f0060,f0006,f0444,f0222,f0000 as 1001 open {} O_WRONLY

      scenario permissions of files that were there
      as 1001 open file O_RDONLY
      as 1001 open file O_WRONLY
      as 1001 open file O_RDONLY,O_TRUNC
      as 1001 open file O_WRONLY,O_TRUNC
      as 1001 open dir O_RDONLY
      as 1001 open new O_CREAT
      as 1001 open file O_CREAT,O_WRONLY
      as 1001 open file O_CREAT,O_RDONLY
      as 1001 open dir/new O_CREAT,O_EXCL
      cat file
      chmod file 0666
      as 1001 open file O_WRONLY,O_TRUNC
      stat file size,uid

      scenario opening files in a sticky directory
      mkdir sticky 0777
      chmod sticky 01777
      as 1001 put sticky/of-one 0666 text
      as 1002 open sticky/of-one O_WRONLY
      as 1002 open sticky/of-one O_RDWR,O_TRUNC
      stat sticky/of-one size

      scenario what a handle may do stays when permissions change
      chmod . 0777
      as 1001 put mine 0600 text
      user 1001
      open mine O_RDWR -> h
      chmod mine 0
      write h TEXT
      pread h 4 0
      open mine O_RDWR
      root
      chown mine 0 0
      user 1001
      write h more
      fstat h mode,uid,size
      fchmod h 0600

      scenario a handle that was duplicated
      open file O_RDWR -> h
      dup h -> d
      read h 5
      read d 5
      write d XY
      lseek h 0 CUR
      close h
      read d 5
      close d
      close d
      read d 1
      cat file

      """)
}
