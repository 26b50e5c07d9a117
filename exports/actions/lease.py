"""A worker's hold on a file."""

from exports.models import File
from platforms import leases
from platforms.leases import lease_end


class Lease(leases.Lease):
    """Renews the lease of ``claim`` until the block ends."""

    def __init__(self, claim: File) -> None:
        super().__init__(
            f"file {claim.pk}",
            lambda: File.objects.held_by(claim).update(lease_until=lease_end()),
        )
