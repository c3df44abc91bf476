# Invitations, activation, recovery.

## Links from a mail
link-activate = ¿Es usted?
link-activate-text = Le han invitado a crear una cuenta aquí. Tardará unos cinco minutos.
link-activate-button = Sí, crear mi cuenta
link-reset = Elegir una contraseña nueva
link-reset-text = Con la contraseña nueva se cerrará la sesión en todas partes. Seguirá necesitando su segundo paso.
link-reset-button = Continuar
link-regain = Configurar de nuevo su acceso
link-regain-text = Su clínica eliminó la forma de acceso que perdió. Configure ahora una nueva.
link-regain-button = Continuar
link-recover = Recuperar el acceso a su cuenta
link-recover-text = El tiempo de espera ha terminado. Necesita su contraseña. Después configurará un nuevo segundo paso.
link-recover-button = Continuar
link-stop = ¿Detener esta recuperación?
link-stop-text = Alguien pidió configurar un nuevo acceso a su cuenta. Si no fue usted, deténgalo ahora.
link-stop-button = Detener
link-until = Este enlace funciona hasta
link-not-me = Si no es usted, cierre esta página. No pasará nada.

## Links that work no more
over-expired = Este enlace ha caducado
over-expired-text = Los enlaces solo funcionan un tiempo corto. Así su cuenta está segura.
over-used = Este enlace ya se ha usado
over-used-text = Un enlace funciona una vez. Ahora puede iniciar sesión.
over-revoked = Este enlace ya no funciona
over-revoked-text = Puede que haya uno más nuevo en su correo. Búsquelo o pregunte a su clínica.
over-unknown = No conocemos este enlace
over-unknown-text = Ábralo otra vez desde su correo. Compruebe que no falte nada al final.
over-asked = Revise su correo
over-asked-text = Si la invitación se puede renovar, un enlace nuevo está en camino. Llegará a la misma dirección.
over-stopped = Está detenido
over-stopped-text = Nadie entrará así en su cuenta. Elija ahora una contraseña nueva: alguien conoce la antigua.
over-ask = Pedir una invitación nueva
over-sign-in = Iniciar sesión

## Another person is signed in
other-title = Hay otra persona conectada
other-sent-to = Este enlace se envió a { $name }.
other-switch = Cerrar sesión y seguir como { $name }
other-stay = Seguir conectado como { $name }

## The code on paper
short-code-title = Escriba su código
short-code-text = Está en la carta de su clínica, o su clínica se lo mostró.
short-code-name = Nombre de la carta o su usuario
short-code-label = Código
short-code-hint = 8 letras y números, como 7F3K-92QD
short-code-error-empty = Escriba el nombre y el código.
short-code-error-wrong = El nombre y el código no van juntos. Compruebe ambos e inténtelo otra vez.

pair-title = Entrar en otro dispositivo
pair-text = Su dispositivo muestra un código. Escríbalo aquí.
pair-label = Código de su dispositivo
pair-error-empty = Escriba el código que muestra su dispositivo.
pair-error-wrong = Este código no funciona. Revíselo o pida otro en su dispositivo.
pair-confirm-title = ¿Su dispositivo muestra este código?
pair-confirm-text = { $app } le pide entrar en ese dispositivo. Siga solo si lo empezó usted.
pair-confirm-warning = ¿Alguien le envió este código? Entonces pare aquí. Esa persona podría entrar en su cuenta.
pair-yes = Sí, seguir
pair-no = No, parar
pair-done-title = Su dispositivo ya está conectado
pair-done-text = Vuelva a su dispositivo. Puede cerrar esta página.
pair-refused-title = Su dispositivo no está conectado
pair-refused-text = No se compartió nada. Puede cerrar esta página.

## A new password
new-password-title = Elija una contraseña
new-password-first = La usará cada vez que inicie sesión.
new-password-lost = Sustituye a la que perdió. Se cerrará la sesión en todos los demás sitios.
new-password-change = Sustituye a la anterior. Se cerrará la sesión en todos los demás sitios.
new-password-label = Contraseña nueva
new-password-rules = Al menos { $shortest } caracteres. Tres o cuatro palabras seguidas van bien. Puede pegar.
new-password-button = Guardar la contraseña
new-password-passkey = Usar una llave de acceso sin contraseña
new-password-passkey-hint = Entonces entrará con su huella, su cara o el bloqueo de pantalla.
new-password-error-empty = Escriba una contraseña nueva.
new-password-error-short = Esa contraseña es demasiado corta. Añada una o dos palabras.
new-password-error-long = Esa contraseña es demasiado larga o tiene signos que no sirven.
new-password-error-common = Esa contraseña está en listas que usan los atacantes. Elija otra.
new-password-error-name = Esa contraseña es casi solo su nombre o el nuestro. Elija otra.
advice-common = Se parece a una que usa mucha gente.
advice-keyboard = Las teclas contiguas son fáciles de adivinar.
advice-repeat = Repetir lo mismo es fácil de adivinar.
advice-sequence = Series como abc o 123 son fáciles de adivinar.
advice-date = Los años y las fechas son fáciles de adivinar.
advice-word = Una sola palabra es fácil de adivinar.
advice-name = Los nombres son fáciles de adivinar.
advice-longer = Más palabras la hacen mejor.

## What a false page looks like
lesson-title = Cómo reconocer una página falsa
lesson-text = Los ladrones copian páginas como la nuestra para robar contraseñas. Usted puede notar la diferencia.
lesson-address = La dirección verdadera es siempre
lesson-link = Abra usted mismo su aplicación. No se fíe de un enlace que le pida iniciar sesión.
lesson-phone = Nunca le pedimos su contraseña ni sus códigos, ni por teléfono ni por correo.
lesson-hurry = Quien le mete prisa puede ser un ladrón. Llame a su clínica.
lesson-passkey = Una llave de acceso no funciona en una página falsa. Por eso es lo más seguro.
lesson-button = Entendido

## The end of setting up
ready-title = Todo está listo
ready-text = Su cuenta está creada y ha iniciado sesión.
ready-to-app = Ir a { $app }
ready-account = Ver mi cuenta

## A letter to print
letter-title = Su invitación
letter-text = Ya puede crear su cuenta. Abra esta dirección y escriba su nombre de usuario y su código.
letter-address = Dirección:
letter-name = Nombre de usuario:
letter-code = Código:
letter-until = Válido hasta el
letter-secret = Guarde esta carta para usted. Nadie de la clínica le pedirá el código.
account-notice-password-changed = Su contraseña nueva ya funciona. Se cerró la sesión en los demás sitios.

## A forgotten password
forgot-link = Olvidé mi contraseña
forgot-title = ¿Olvidó su contraseña?
forgot-text = Enviaremos un enlace a la dirección que tenemos para este nombre. Seguirá necesitando su segundo paso.
forgot-button = Enviarme un enlace
forgot-sent-title = Revise su correo
forgot-sent-text = Si conocemos este nombre, un enlace está en camino. Llegará a cada dirección comprobada.
forgot-sent-hint = Puede abrirlo en cualquier dispositivo. Mire también en el correo no deseado.
forgot-again = Enviar otra vez
forgot-no-mail = No recibo correo
forgot-error-soon = Acabamos de enviar un correo. Espere un minuto y vuelva a pedirlo.

## No way to sign in is left
recover-link = No puedo usar ninguna
recover-title = Ayuda para entrar
recover-codes-title = ¿Tiene sus códigos de recuperación?
recover-codes-text = Los recibió en papel o en un archivo al crear su cuenta.
recover-codes-link = Usar un código de recuperación
recover-clinic-title = Deje que su clínica le ayude
recover-clinic-text = Si le conocemos, la clínica le llamará. Tenga a mano un documento con foto.
recover-call-label = Número para llamarle
recover-clinic-button = Pedir que me llamen
recover-asked-title = Tenemos su solicitud
recover-asked-text = Si le conocemos, la clínica le llamará. Nunca pedimos contraseñas por teléfono.
recover-wait-title = Esperar un día
recover-wait-text = Avisamos ahora a todas sus direcciones. Después de 24 horas recibirá un enlace. Con él y su contraseña configurará un nuevo segundo paso.
recover-wait-button = Empezar la espera
recover-waits-title = Hay una espera en curso
recover-waits-text = Podrá seguir después del

## Making an account by oneself
register-link = Crear una cuenta
register-title = Crear una cuenta
register-text = Le enviamos un enlace. Le guiará en el resto.
register-label = Su dirección de correo
register-sent-text = Hay un correo en camino a esa dirección. Abra el enlace que contiene.
register-error-empty = Escriba su dirección de correo.
register-error-address = Eso no es una dirección de correo. Debe parecerse a rose@example.org.
register-back = Ya tengo una cuenta
