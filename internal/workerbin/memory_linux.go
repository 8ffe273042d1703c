package workerbin

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// inMemory is a file in memory with a program, which nobody can change any more.
func inMemory(program []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("callfn-worker", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err != nil { // kernels before 6.3 do not know MFD_EXEC, and need it not
		fd, err = unix.MemfdCreate("callfn-worker", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("create file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "callfn-worker")
	_, err = file.Write(program)
	if err == nil {
		err = file.Chmod(0o555)
	}
	if err == nil {
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS,
			unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write program into memory: %w", err)
	}
	return file, nil
}
