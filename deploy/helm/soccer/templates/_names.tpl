{{- define "soccer.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* labels of a part: (list . "api") */ -}}
{{- define "soccer.selector" -}}
app.kubernetes.io/name: soccer
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* what selects the pods of a part */ -}}
{{- define "soccer.match" -}}
{{ dict "matchLabels" (include "soccer.selector" . | fromYaml) | toJson }}
{{- end }}

{{- define "soccer.labels" -}}
{{ include "soccer.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{- define "soccer.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "soccer.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* the folders a process writes to */ -}}
{{- define "soccer.mounts" -}}
- {name: var, mountPath: /var/lib/soccer}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "soccer.volumes" -}}
- {name: var, emptyDir: {}}
- {name: tmp, emptyDir: {}}
{{- end }}

{{- define "soccer.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "soccer.name" . }}-settings}
  - secretRef: {name: {{ .Values.secret }}}
{{- end }}

{{- /* a pod of the graph: (list . component command) */ -}}
{{- define "soccer.dagsterPod" -}}
{{- $root := index . 0 }}
metadata:
  labels: {{- include "soccer.labels" (list $root (index . 1)) | nindent 4 }}
  annotations:
    checksum/settings: {{ include (print $root.Template.BasePath "/settings.yaml") $root | sha256sum }}
spec:
  serviceAccountName: {{ include "soccer.name" $root }}
  imagePullSecrets: {{- toYaml $root.Values.image.pullSecrets | nindent 4 }}
  securityContext: {{- include "soccer.podSecurity" $root | nindent 4 }}
  containers:
    - name: {{ index . 1 }}
      image: {{ $root.Values.image.pipeline }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: {{ toJson (index . 2) }}
      {{- include "soccer.environment" $root | nindent 6 }}
      securityContext: {{- include "soccer.containerSecurity" $root | nindent 8 }}
      resources: {{- toYaml $root.Values.dagster.resources | nindent 8 }}
      {{- with index . 3 }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      volumeMounts:
        {{- include "soccer.mounts" $root | nindent 8 }}
        - {name: dagster, mountPath: /opt/dagster}
  volumes:
    {{- include "soccer.volumes" $root | nindent 4 }}
    - name: dagster
      configMap: {name: {{ include "soccer.name" $root }}-dagster}
{{- end }}
