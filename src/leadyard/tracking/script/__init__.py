"""The script that pages include: served short-lived at `/js`, for ever under a name with its hash.

`/js` is LeadDyno's path (contracts/leaddyno.md, section 10).
"""

from leadyard.tracking.script.serving import PATH, ScriptPages, TrackerScript, render_script

__all__ = ["PATH", "ScriptPages", "TrackerScript", "render_script"]
